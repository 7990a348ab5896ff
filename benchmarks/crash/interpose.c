/* Counts every call that changes a file, and dies by SIGKILL at a chosen one.
 *
 * Preloaded, it stands between a program and the C library. A call counts when it would change a
 * regular file or a folder at that very moment: a buffered fwrite does when its buffer overflows,
 * an open when it makes or empties a file. What is written through shared memory shows at msync.
 * Folders that are synced do not count: SQLite does so for each connection of its pool anew, and
 * runs could not be compared call by call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(call) \
    ({ static __typeof__(&call) real; if (!real) real = dlsym(RTLD_NEXT, #call); real; })

static atomic_long calls;
static long deadline;
static int armed, halving, log_to = -1;

/* Count from now on; die at call `at` (0: never), before it or, with `half`, in the middle of
 * what it writes. With `log` at least 0, a line for each call goes into that open file. */
void crash_arm(long at, int half, int log)
{
    calls = 0;
    deadline = at;
    halving = half;
    log_to = log;
    armed = 1;
}

void crash_disarm(void) { armed = 0; }

long crash_counted(void) { return calls; }

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* True where half of the content is to be written before the end. */
static int reached(const char *call, const char *path, int has_content)
{
    if (log_to >= 0)
        dprintf(log_to, "%s %s\n", call, path);
    if (atomic_fetch_add(&calls, 1) + 1 != deadline)
        return 0;
    if (has_content && halving)
        return 1;
    die();
    return 0;
}

static int at_path(const char *call, const char *path)
{
    return armed ? reached(call, path, 0) : 0;
}

static int at_file(const char *call, int file, int has_content)
{
    struct stat told;
    if (!armed || fstat(file, &told) || !S_ISREG(told.st_mode))
        return 0;
    char link[32], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (log_to >= 0 && readlink(link, path, sizeof path - 1) < 0)
        return 0;
    return reached(call, path, has_content);
}

static int makes(int folder, const char *path, int flags)
{
    return (flags & O_TRUNC) || ((flags & O_CREAT) && faccessat(folder, path, F_OK, 0) != 0);
}

/* Calls without content: counted, then carried out. */
#define COUNTED(call, parameters, arguments, where) \
    int call parameters { where; return REAL(call) arguments; }

COUNTED(rename, (const char *from, const char *to), (from, to), at_path("rename", to))
COUNTED(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to),
        at_path("rename", to))
COUNTED(renameat2, (int a, const char *from, int b, const char *to, unsigned how),
        (a, from, b, to, how), at_path("rename", to))
COUNTED(link, (const char *from, const char *to), (from, to), at_path("link", to))
COUNTED(symlink, (const char *from, const char *to), (from, to), at_path("symlink", to))
COUNTED(unlink, (const char *path), (path), at_path("unlink", path))
COUNTED(unlinkat, (int folder, const char *path, int how), (folder, path, how),
        at_path("unlink", path))
COUNTED(remove, (const char *path), (path), at_path("unlink", path))
COUNTED(rmdir, (const char *path), (path), at_path("rmdir", path))
COUNTED(mkdir, (const char *path, mode_t mode), (path, mode), at_path("mkdir", path))
COUNTED(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode),
        at_path("mkdir", path))
COUNTED(truncate, (const char *path, off_t size), (path, size), at_path("truncate", path))
COUNTED(truncate64, (const char *path, off64_t size), (path, size), at_path("truncate", path))
COUNTED(ftruncate, (int file, off_t size), (file, size), at_file("truncate", file, 0))
COUNTED(ftruncate64, (int file, off64_t size), (file, size), at_file("truncate", file, 0))
COUNTED(fallocate, (int file, int how, off_t at, off_t size), (file, how, at, size),
        at_file("allocate", file, 0))
COUNTED(fallocate64, (int file, int how, off64_t at, off64_t size), (file, how, at, size),
        at_file("allocate", file, 0))
COUNTED(posix_fallocate, (int file, off_t at, off_t size), (file, at, size),
        at_file("allocate", file, 0))
COUNTED(posix_fallocate64, (int file, off64_t at, off64_t size), (file, at, size),
        at_file("allocate", file, 0))
COUNTED(msync, (void *start, size_t size, int how), (start, size, how), at_path("msync", ""))
COUNTED(fflush, (FILE *to), (to), to && __fpending(to) ? at_file("flush", fileno(to), 0) : 0)
COUNTED(fclose, (FILE *to), (to), __fpending(to) ? at_file("close", fileno(to), 0) : 0)

/* Counted, but left out: what was written outlives a kill without them, and they take long. */
int fsync(int file) { return at_file("sync", file, 0); }
int fdatasync(int file) { return at_file("sync", file, 0); }

#define OPENING(call) \
    int call(const char *path, int flags, ...) \
    { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (armed && makes(AT_FDCWD, path, flags)) \
            at_path("open", path); \
        return REAL(call)(path, flags, mode); \
    }
#define OPENING_AT(call) \
    int call(int folder, const char *path, int flags, ...) \
    { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (armed && makes(folder, path, flags)) \
            at_path("open", path); \
        return REAL(call)(folder, path, flags, mode); \
    }
#define OPENING_STREAM(call) \
    FILE *call(const char *path, const char *mode) \
    { \
        if (mode[0] != 'r') \
            at_path("open", path); \
        return REAL(call)(path, mode); \
    }
OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)
OPENING_STREAM(fopen)
OPENING_STREAM(fopen64)

/* Calls with content: one that is halved writes its first half. */
ssize_t write(int file, const void *content, size_t size)
{
    if (at_file("write", file, 1)) {
        REAL(write)(file, content, size / 2);
        die();
    }
    return REAL(write)(file, content, size);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    if (at_file("write", file, 1)) {
        REAL(write)(file, parts[0].iov_base, parts[0].iov_len / 2);
        die();
    }
    return REAL(writev)(file, parts, count);
}

#define WRITING_AT(call, offset) \
    ssize_t call(int file, const void *content, size_t size, offset at) \
    { \
        if (at_file("write", file, 1)) { \
            REAL(call)(file, content, size / 2, at); \
            die(); \
        } \
        return REAL(call)(file, content, size, at); \
    }
WRITING_AT(pwrite, off_t)
WRITING_AT(pwrite64, off64_t)

size_t fwrite(const void *content, size_t size, size_t count, FILE *to)
{
    size_t buffer = __fbufsize(to) ? __fbufsize(to) : 4096; /* none is allocated before the first */
    int overflows = __fpending(to) + size * count >= buffer;
    if (armed && overflows && at_file("write", fileno(to), 1)) {
        REAL(fwrite)(content, 1, size * count / 2, to);
        REAL(fflush)(to);
        die();
    }
    return REAL(fwrite)(content, size, count, to);
}
