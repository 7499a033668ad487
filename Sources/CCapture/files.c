/* The files that a pod has mounted: what opens one, or asks about it, gets the lab's. Only the calls that programs open
   certificates with know of it; to list a folder or to change a file, the lab's own path is needed. */
#include "internal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *mounted_path(const char *path, char buffer[PATH_MAX]) {
    const struct configuration *config = configuration();
    for (int index = 0; path && index < config->mount_count; index++) {
        const struct mount *mount = &config->mounts[index];
        size_t from = strlen(mount->from), to = strlen(mount->to);
        if (strncmp(path, mount->from, from) != 0 || to + strlen(path + from) >= PATH_MAX) continue;
        memcpy(buffer, mount->to, to);
        strcpy(buffer + to, path + from);
        return buffer;
    }
    return path;
}

/* The mode is there only where a file may be made. */
#define MODE_ARGUMENT(flags, mode)                          \
    mode_t mode = 0;                                        \
    if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
        va_list arguments;                                  \
        va_start(arguments, flags);                         \
        mode = va_arg(arguments, mode_t);                   \
        va_end(arguments);                                  \
    }

EXPORTED int open(const char *path, int flags, ...) {
    char buffer[PATH_MAX];
    MODE_ARGUMENT(flags, mode)
    return original()->open(mounted_path(path, buffer), flags, mode);
}

EXPORTED int open64(const char *path, int flags, ...) {
    char buffer[PATH_MAX];
    MODE_ARGUMENT(flags, mode)
    return original()->open64(mounted_path(path, buffer), flags, mode);
}

EXPORTED int openat(int folder, const char *path, int flags, ...) {
    char buffer[PATH_MAX];
    MODE_ARGUMENT(flags, mode)
    return original()->openat(folder, mounted_path(path, buffer), flags, mode);
}

EXPORTED int openat64(int folder, const char *path, int flags, ...) {
    char buffer[PATH_MAX];
    MODE_ARGUMENT(flags, mode)
    return original()->openat64(folder, mounted_path(path, buffer), flags, mode);
}

EXPORTED FILE *fopen(const char *path, const char *mode) {
    char buffer[PATH_MAX];
    return original()->fopen(mounted_path(path, buffer), mode);
}

EXPORTED FILE *fopen64(const char *path, const char *mode) {
    char buffer[PATH_MAX];
    return original()->fopen64(mounted_path(path, buffer), mode);
}

EXPORTED int stat(const char *path, struct stat *result) {
    char buffer[PATH_MAX];
    return original()->stat(mounted_path(path, buffer), result);
}

EXPORTED int stat64(const char *path, struct stat64 *result) {
    char buffer[PATH_MAX];
    return original()->stat64(mounted_path(path, buffer), result);
}

EXPORTED int access(const char *path, int mode) {
    char buffer[PATH_MAX];
    return original()->access(mounted_path(path, buffer), mode);
}

EXPORTED char *realpath(const char *path, char *result) {
    char buffer[PATH_MAX];
    return original()->realpath(mounted_path(path, buffer), result);
}
