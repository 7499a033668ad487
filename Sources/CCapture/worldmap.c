/* The world map. It is short, and read anew for each connection: nothing is shared between threads or grows stale. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_LENGTH = 128, BLOCK_LENGTH = 4096 };

/* Whether a line fits the destination; if so, fills in the route. */
static bool line_route(const char *line, const struct sockaddr_in *destination, struct route *route) {
    char from[32], to[32], kind[16] = "";
    struct sockaddr_in key;
    if (line[0] == '#' || sscanf(line, "%31s %31s %15s", from, to, kind) < 2) return false;
    if (!parse_address(from, &key) || key.sin_addr.s_addr != destination->sin_addr.s_addr) return false;
    if (key.sin_port && key.sin_port != destination->sin_port) return false;
    if (!parse_address(to, &route->next)) return false;
    if (!route->next.sin_port) route->next.sin_port = destination->sin_port;
    route->proxy_header = strcmp(kind, "proxy") == 0;
    return true;
}

bool world_route(const char *file, const struct sockaddr_in *destination, struct route *route) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
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
            found = line_route(line, destination, route);
            break;
        }
        for (ssize_t index = 0; index < count && !found; index++) {
            if (block[index] != '\n') {
                if (used < sizeof line - 1) line[used++] = block[index];
                continue;
            }
            line[used] = 0;
            used = 0;
            found = line_route(line, destination, route);
        }
    }
    close(fd);
    return found;
}
