#ifndef MESHTOP_CAPTURE_INTERNAL_H
#define MESHTOP_CAPTURE_INTERNAL_H

/* Included first by every file: glibc's extensions, RTLD_NEXT and sendmmsg among them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Only the functions that stand before libc's are seen from outside. */
#define EXPORTED __attribute__((visibility("default")))
#pragma GCC visibility push(hidden)

enum mode { MODE_CLOSED, MODE_WORKLOAD, MODE_WORLD };

enum { SEARCH_DOMAINS = 8, DOMAIN_LENGTH = 128, NAME_LENGTH = 256, MOUNTS = 8 };

/* The beginning of paths in the pod, and what stands in its place. */
struct mount {
    char from[64];
    char to[PATH_MAX];
};

/* The environment, read once. An address that is absent has port zero. */
struct configuration {
    enum mode mode;
    struct sockaddr_in sidecar;
    struct sockaddr_in name_server;
    struct in_addr pod;
    char world_map[PATH_MAX];
    char egress_rules[PATH_MAX];
    struct sockaddr_in black_hole;
    char search[SEARCH_DOMAINS][DOMAIN_LENGTH];
    int search_count;
    struct in_addr localhost;
    struct mount mounts[MOUNTS];
    int mount_count;
};

/* libc's own functions. */
struct originals {
    int (*open)(const char *, int, ...);
    int (*open64)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*openat64)(int, const char *, int, ...);
    FILE *(*fopen)(const char *, const char *);
    FILE *(*fopen64)(const char *, const char *);
    int (*stat)(const char *, struct stat *);
    int (*stat64)(const char *, struct stat64 *);
    int (*access)(const char *, int);
    char *(*realpath)(const char *, char *);
    int (*connect)(int, const struct sockaddr *, socklen_t);
    int (*getpeername)(int, struct sockaddr *, socklen_t *);
    int (*getsockname)(int, struct sockaddr *, socklen_t *);
    ssize_t (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
    int (*sendmmsg)(int, struct mmsghdr *, unsigned int, int);
    int (*getaddrinfo)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    int (*getnameinfo)(const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int);
    struct hostent *(*gethostbyname)(const char *);
    struct hostent *(*gethostbyname2)(const char *, int);
    int (*gethostbyname_r)(const char *, struct hostent *, char *, size_t, struct hostent **, int *);
    int (*gethostbyname2_r)(const char *, int, struct hostent *, char *, size_t, struct hostent **, int *);
    struct hostent *(*gethostbyaddr)(const void *, socklen_t, int);
    int (*gethostbyaddr_r)(const void *, socklen_t, int, struct hostent *, char *, size_t, struct hostent **, int *);
};

/* Both are ready at the first call, which may come before this library's own constructors would have run. */
const struct configuration *configuration(void);
const struct originals *original(void);

/* Reads `a.b.c.d` or `a.b.c.d:port`; without a port the port is zero. */
bool parse_address(const char *text, struct sockaddr_in *address);

/* What is to become of a packet or a connection to an address. */
enum reach { REACH_LOOPBACK, REACH_OUTSIDE, REACH_NOWHERE };

/* Where an address lies; fills in its IPv4 form if that is REACH_OUTSIDE. */
enum reach reach_of(const struct sockaddr *address, socklen_t length, struct sockaddr_in *ipv4);

/* Writes an IPv4 address in the form of a socket's family (AF_INET, or AF_INET6 as v4-mapped); returns its length. */
socklen_t in_family(int family, const struct sockaddr_in *ipv4, struct sockaddr_storage *result);

/* The next hop of a connection. */
struct route {
    struct sockaddr_in next;
    bool proxy_header;
};

/* The lab's path for one in the pod, written to the buffer; a path of no mount is returned as it is. */
const char *mounted_path(const char *path, char buffer[PATH_MAX]);

/* What the world map says about a destination; false if it says nothing. */
bool world_route(const char *file, const struct sockaddr_in *destination, struct route *route);

/* Calls a function with each line of a file until it says that it has found what it looks for.
   Whether it has; `missing` tells that there is no such file. */
bool find_line(const char *file, bool (*fits)(const char *line, void *context), void *context, bool *missing);

/* Whether the pod's rules let a packet of a protocol (IPPROTO_TCP, IPPROTO_UDP) out to a destination. */
bool may_leave(int protocol, const struct sockaddr_in *destination);

/* The name server, or the black hole where the pod may not ask it. */
const struct sockaddr_in *name_server_for_pod(void);

/* Remembers where a socket's program thinks that it is connected to. */
void remember_origin(int fd, const struct sockaddr_in *destination);
bool recall_origin(int fd, struct sockaddr_in *destination);

enum { DNS_UNKNOWN = -1, DNS_FAILED = -2 };

/* Asks the name server for a name's IPv4 addresses, with the search list.
   Returns how many there are (zero: the name exists without one), DNS_UNKNOWN or DNS_FAILED. */
int resolve(const char *name, struct in_addr *addresses, int capacity);

#pragma GCC visibility pop

#endif
