/* Files of lines. They are short, and read anew each time: nothing is shared between threads or grows stale. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LINE_LENGTH = 128, BLOCK_LENGTH = 4096 };

bool find_line(const char *file, bool (*fits)(const char *line, void *context), void *context, bool *missing) {
    int fd = original()->open(file, O_RDONLY | O_CLOEXEC);
    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0) return false;
    char block[BLOCK_LENGTH], line[LINE_LENGTH];
    size_t used = 0;
    bool found = false;
    while (!found) {
        ssize_t count = read(fd, block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        /* The last line needs no newline. */
        if (count <= 0) {
            line[used] = 0;
            found = fits(line, context);
            break;
        }
        for (ssize_t index = 0; index < count && !found; index++) {
            if (block[index] != '\n') {
                if (used < sizeof line - 1) line[used++] = block[index];
                continue;
            }
            line[used] = 0;
            used = 0;
            found = fits(line, context);
        }
    }
    close(fd);
    return found;
}
