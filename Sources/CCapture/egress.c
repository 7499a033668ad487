/* What may leave the pod: the rules that the lab makes of NetworkPolicies. What may not meets no answer. */
#include "internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct packet {
    const char *protocol;
    const struct sockaddr_in *destination;
};

/* Whether a line lets the packet out. */
static bool lets_out(const char *line, void *context) {
    const struct packet *packet = context;
    char address[32], protocol[8];
    unsigned int length, first, last;
    struct in_addr network;
    int fields = sscanf(line, "%31[^/]/%u %7s %u-%u", address, &length, protocol, &first, &last);
    if (fields != 5 || length > 32) return false;
    if (inet_pton(AF_INET, address, &network) != 1 || strcmp(protocol, packet->protocol) != 0) return false;
    unsigned int port = ntohs(packet->destination->sin_port);
    uint32_t mask = length == 0 ? 0 : ~(uint32_t)0 << (32 - length);
    uint32_t difference = ntohl(network.s_addr ^ packet->destination->sin_addr.s_addr);
    return (difference & mask) == 0 && port >= first && port <= last;
}

bool may_leave(int protocol, const struct sockaddr_in *destination) {
    const struct configuration *config = configuration();
    struct packet packet = {.protocol = protocol == IPPROTO_TCP ? "tcp" : "udp", .destination = destination};
    bool missing;
    if (!config->egress_rules[0] || !config->black_hole.sin_port) return true;
    return find_line(config->egress_rules, lets_out, &packet, &missing) || missing;
}

const struct sockaddr_in *name_server_for_pod(void) {
    const struct configuration *config = configuration();
    return may_leave(IPPROTO_UDP, &config->name_server) ? &config->name_server : &config->black_hole;
}
