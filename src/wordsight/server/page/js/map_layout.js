// Where groups and their photos lie on the map; one photo is one unit wide.

export const MOST_PHOTOS = 150;
const ROUNDS = 260;
const GAP = 1.2;
const FLAT = 0.8; // more room above and below, where the names are
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/**
 * Groups `{ size, x?, y? }` as discs that do not overlap, near each other as given, else the largest
 * in the middle. `aspect` is the screen's width by its height.
 */
export function layOutGroups(groups, aspect) {
  const pull = 0.016;
  const [pullX, pullY] = [pull / Math.max(0.5, Math.min(2, aspect)), pull * Math.max(0.5, Math.min(2, aspect))];
  const discs = groups.map((group, i) => {
    const photos = Math.min(group.size, MOST_PHOTOS);
    const radius = Math.sqrt(photos / Math.PI) + 0.45;
    const given = Number.isFinite(group.x) && Number.isFinite(group.y);
    const spiral = { x: 3 * Math.sqrt(i) * Math.cos(i * GOLDEN), y: 3 * Math.sqrt(i) * Math.sin(i * GOLDEN) };
    return { group, radius, photos, ...(given ? { x: group.x * 40, y: group.y * 40 } : spiral) };
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const disc of discs) {
      disc.x *= 1 - pullX;
      disc.y *= 1 - pullY;
    }
    pushApart(discs);
  }
  for (let round = 0; round < 60; round++) {
    pushApart(discs);
  }
  return discs;
}

function pushApart(discs) {
  for (let i = 0; i < discs.length; i++) {
    for (let j = i + 1; j < discs.length; j++) {
      const [a, b] = [discs[i], discs[j]];
      const [dx, dy] = [b.x - a.x || 1e-3, FLAT * (b.y - a.y) || 1e-3];
      const distance = Math.hypot(dx, dy);
      const overlap = a.radius + b.radius + GAP - distance;
      if (overlap > 0) {
        const share = a.radius / (a.radius + b.radius); // the smaller one gives way
        const [ux, uy] = [(dx / distance) * overlap, (dy / distance) * overlap];
        a.x -= ux * (1 - share);
        a.y -= uy * (1 - share);
        b.x += ux * share;
        b.y += uy * share;
      }
    }
  }
}

const lattices = new Map();

/** Places for so many photos around a group's middle, the innermost first. */
export function spots(count) {
  if (!lattices.has(count)) {
    const reach = Math.ceil(Math.sqrt(count / Math.PI)) + 2;
    const all = [];
    for (let x = -reach; x <= reach; x++) {
      for (let y = -reach; y <= reach; y++) {
        all.push({ x, y, far: x * x + y * y + 0.01 * Math.atan2(y, x) });
      }
    }
    lattices.set(count, all.sort((a, b) => a.far - b.far).slice(0, count));
  }
  return lattices.get(count);
}

/** The smallest box around the discs. */
export function bounds(discs) {
  const side = (pick, sign) => Math[sign > 0 ? "max" : "min"](...discs.map((disc) => disc[pick] + sign * (disc.radius + 1.5)));
  return { left: side("x", -1), right: side("x", 1), top: side("y", -1), bottom: side("y", 1) };
}
