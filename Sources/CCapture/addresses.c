/* Where an address lies, and its forms. */
#include "internal.h"

#include <arpa/inet.h>
#include <string.h>

static enum reach reach_of_ipv4(const struct sockaddr_in *address) {
    uint32_t host = ntohl(address->sin_addr.s_addr);
    /* 0.0.0.0 is this machine. */
    return host >> 24 == 127 || host == 0 ? REACH_LOOPBACK : REACH_OUTSIDE;
}

enum reach reach_of(const struct sockaddr *address, socklen_t length, struct sockaddr_in *ipv4) {
    /* What is too short for its family is the kernel's to refuse. */
    if (!address || length < (socklen_t)sizeof address->sa_family) return REACH_LOOPBACK;
    switch (address->sa_family) {
    case AF_UNSPEC:
    case AF_UNIX:
    case AF_NETLINK:
        return REACH_LOOPBACK;
    case AF_INET:
        if (length < (socklen_t)sizeof *ipv4) return REACH_LOOPBACK;
        memcpy(ipv4, address, sizeof *ipv4);
        return reach_of_ipv4(ipv4);
    case AF_INET6: {
        struct sockaddr_in6 ipv6;
        if (length < (socklen_t)sizeof ipv6) return REACH_LOOPBACK;
        memcpy(&ipv6, address, sizeof ipv6);
        if (IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&ipv6.sin6_addr)) return REACH_LOOPBACK;
        if (!IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) return REACH_NOWHERE;
        memset(ipv4, 0, sizeof *ipv4);
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = ipv6.sin6_port;
        memcpy(&ipv4->sin_addr, &ipv6.sin6_addr.s6_addr[12], sizeof ipv4->sin_addr);
        return reach_of_ipv4(ipv4);
    }
    default:
        return REACH_NOWHERE;
    }
}

socklen_t in_family(int family, const struct sockaddr_in *ipv4, struct sockaddr_storage *result) {
    memset(result, 0, sizeof *result);
    if (family != AF_INET6) {
        memcpy(result, ipv4, sizeof *ipv4);
        return sizeof *ipv4;
    }
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = ipv4->sin_port};
    ipv6.sin6_addr.s6_addr[10] = ipv6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&ipv6.sin6_addr.s6_addr[12], &ipv4->sin_addr, sizeof ipv4->sin_addr);
    memcpy(result, &ipv6, sizeof ipv6);
    return sizeof ipv6;
}
