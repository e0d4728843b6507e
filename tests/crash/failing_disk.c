/* A disk that fails. Loaded with LD_PRELOAD; while the file $DISK_FAILS_WHILE exists, and for files
 * whose path contains $DISK_FAILS_OF: with $DISK_FAILS_BY=sync, fsync and fdatasync fail with EIO;
 * with $DISK_FAILS_BY=full, writing fails with ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(int fd, const char *by) {
    const char *how = getenv("DISK_FAILS_BY"), *of = getenv("DISK_FAILS_OF");
    const char *during = getenv("DISK_FAILS_WHILE");
    char link[64], path[4096];
    if (!how || !of || !during || strcmp(how, by) != 0 || access(during, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, of) != NULL;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))
#define FAIL_IF(by, error) if (fails(fd, by)) { errno = error; return -1; }

int fsync(int fd) {
    FAIL_IF("sync", EIO)
    return REAL("fsync", int (*)(int))(fd);
}

int fdatasync(int fd) {
    FAIL_IF("sync", EIO)
    return REAL("fdatasync", int (*)(int))(fd);
}

ssize_t write(int fd, const void *data, size_t size) {
    FAIL_IF("full", ENOSPC)
    return REAL("write", ssize_t (*)(int, const void *, size_t))(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    FAIL_IF("full", ENOSPC)
    return REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t))(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    FAIL_IF("full", ENOSPC)
    return REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    FAIL_IF("full", ENOSPC)
    return REAL("pwritev", ssize_t (*)(int, const struct iovec *, int, off_t))(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    FAIL_IF("full", ENOSPC)
    return REAL("pwritev64", ssize_t (*)(int, const struct iovec *, int, off64_t))(
        fd, parts, count, at);
}

int posix_fallocate(int fd, off_t from, off_t size) {
    if (fails(fd, "full")) return ENOSPC;
    return REAL("posix_fallocate", int (*)(int, off_t, off_t))(fd, from, size);
}

int posix_fallocate64(int fd, off64_t from, off64_t size) {
    if (fails(fd, "full")) return ENOSPC;
    return REAL("posix_fallocate64", int (*)(int, off64_t, off64_t))(fd, from, size);
}
