/* The world map. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

struct search {
    const struct sockaddr_in *destination;
    struct route *route;
};

/* Whether a line fits the destination; if so, fills in the route. */
static bool line_route(const char *line, void *context) {
    const struct search *search = context;
    const struct sockaddr_in *destination = search->destination;
    struct route *route = search->route;
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
    struct search search = {.destination = destination, .route = route};
    bool missing;
    return find_line(file, line_route, &search, &missing);
}
