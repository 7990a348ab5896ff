"""How much a library of a given size takes: machines, hours, storage, money."""
