/* The socket calls: connections are led to the sidecar or by the world map, packets to the outside are refused. */
#include "internal.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A listener of this machine that takes longer than this to accept is stuck. */
enum { CONNECT_MILLISECONDS = 5000 };

/* How often a connection that a network policy forbids is tried again: three seconds in all, where a machine's usual
   number makes it two minutes. */
enum { FORBIDDEN_RETRIES = 1 };

static int refused(void) {
    errno = ENETUNREACH;
    return -1;
}

static int option(int fd, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

static bool is_tcp(int fd) {
    if (option(fd, SO_TYPE) != SOCK_STREAM) return false;
    int protocol = option(fd, SO_PROTOCOL);
    return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

/* Waits until a connection that has been started is made or has failed; -1 if neither happens in time. */
static int await_connection(int fd) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int left = CONNECT_MILLISECONDS;
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int ready;
    while ((ready = poll(&wanted, 1, left)) < 0 && errno == EINTR) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long passed = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
        left = passed < CONNECT_MILLISECONDS ? CONNECT_MILLISECONDS - (int)passed : 0;
    }
    if (ready == 0) errno = ETIMEDOUT;
    return ready > 0 ? 0 : -1;
}

/* The PROXY protocol v2 header: signature, version and command, family and transport, length, addresses and ports. */
struct __attribute__((packed)) proxy_header {
    unsigned char signature[12];
    unsigned char version_command;
    unsigned char family_transport;
    uint16_t length;
    struct in_addr source, destination;
    in_port_t source_port, destination_port;
};

static struct sockaddr_in local_address(int fd) {
    struct sockaddr_in result = {.sin_family = AF_INET};
    struct sockaddr_storage local;
    socklen_t length = sizeof local;
    if (original()->getsockname(fd, (struct sockaddr *)&local, &length) == 0) {
        reach_of((struct sockaddr *)&local, length, &result);
    }
    if (configuration()->pod.s_addr) result.sin_addr = configuration()->pod;
    return result;
}

static int send_proxy_header(int fd, const struct sockaddr_in *destination) {
    struct sockaddr_in source = local_address(fd);
    struct proxy_header header = {
        .signature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a},
        .version_command = 0x21,
        .family_transport = 0x11,
        .length = htons(12),
        .source = source.sin_addr,
        .destination = destination->sin_addr,
        .source_port = source.sin_port,
        .destination_port = destination->sin_port,
    };
    /* The buffer of a fresh connection has room for it, so this never waits. */
    ssize_t sent = original()->sendto(fd, &header, sizeof header, MSG_NOSIGNAL, NULL, 0);
    if (sent == (ssize_t)sizeof header) return 0;
    if (sent >= 0) errno = ECONNRESET;
    return -1;
}

static int connect_by(int fd, int family, const struct sockaddr_in *destination, const struct route *route) {
    struct sockaddr_storage next;
    socklen_t length = in_family(family, &route->next, &next);
    /* TCP Fast Open would put off the connection until the first data, and with it the header. */
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){0}, sizeof(int));
    int result = original()->connect(fd, (struct sockaddr *)&next, length);
    bool started = result == 0 || errno == EINPROGRESS || errno == EINTR;
    if (!started) return result;
    int reason = errno;
    remember_origin(fd, destination);
    if (!route->proxy_header) {
        errno = reason;
        return result;
    }
    /* The header has to be the first thing sent, so a non-blocking connection is waited for as well: a listener of this
       machine answers at once, and POSIX lets a non-blocking connect succeed immediately. */
    if (result != 0) {
        if (await_connection(fd) != 0) return -1;
        /* This gives the outcome, and a program that calls once more gets EISCONN and no second header. */
        if (original()->connect(fd, (struct sockaddr *)&next, length) != 0) return -1;
    }
    return send_proxy_header(fd, destination);
}

/* A Unix socket in a mounted folder is where the folder is. */
static int connect_unix(int fd, const struct sockaddr_un *address, socklen_t length) {
    char path[sizeof address->sun_path + 1] = "", buffer[PATH_MAX];
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    size_t room = length - offsetof(struct sockaddr_un, sun_path);
    if (room > sizeof address->sun_path) room = sizeof address->sun_path;
    memcpy(path, address->sun_path, room);
    const char *mounted = mounted_path(path, buffer);
    if (mounted == path) return original()->connect(fd, (const struct sockaddr *)address, length);
    if (strlen(mounted) >= sizeof there.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(there.sun_path, mounted);
    return original()->connect(fd, (struct sockaddr *)&there, sizeof there);
}

/* In a pod, 127.0.0.1 is the pod's own: at Istio's ports its proxy answers, at those below 1024 nobody listens, so that
   the proxy's capture may as well take them, as the documents' HTTP_PROXY=http://localhost/ wants. Other ports are left
   alone, as programs talk to themselves there. Whether the port is one of these; if so, fills in the route. */
static bool localhost_route(const struct sockaddr *address, struct sockaddr_in *destination, struct route *route) {
    const struct configuration *config = configuration();
    if (!config->localhost.s_addr || address->sa_family != AF_INET) return false;
    memcpy(destination, address, sizeof *destination);
    int port = ntohs(destination->sin_port);
    if (destination->sin_addr.s_addr != htonl(INADDR_LOOPBACK)) return false;
    if (port >= 15000 && port < 15100) {
        *route = (struct route){.next = *destination};
        route->next.sin_addr = config->localhost;
        return true;
    }
    if (port == 0 || port >= 1024 || config->mode != MODE_WORKLOAD) return false;
    *route = (struct route){.next = config->sidecar, .proxy_header = true};
    return true;
}

/* Whether a packet goes to the name server, which is on the loopback and yet outside of the pod. */
static bool is_name_server(const struct sockaddr *address, socklen_t length) {
    const struct sockaddr_in *server = &configuration()->name_server;
    struct sockaddr_in destination;
    if (!address || length < (socklen_t)sizeof destination || address->sa_family != AF_INET) return false;
    memcpy(&destination, address, sizeof destination);
    return server->sin_port && destination.sin_port == server->sin_port &&
           destination.sin_addr.s_addr == server->sin_addr.s_addr;
}

EXPORTED int connect(int fd, const struct sockaddr *address, socklen_t length) {
    const struct configuration *config = configuration();
    struct sockaddr_in destination;
    enum reach reach = reach_of(address, length, &destination);
    if (reach == REACH_LOOPBACK) {
        struct route route;
        if (!address || length < (socklen_t)sizeof address->sa_family) return original()->connect(fd, address, length);
        if (address->sa_family == AF_UNIX && length > (socklen_t)offsetof(struct sockaddr_un, sun_path)) {
            return connect_unix(fd, (const struct sockaddr_un *)address, length);
        }
        if (length >= (socklen_t)sizeof destination && is_tcp(fd) && localhost_route(address, &destination, &route)) {
            return connect_by(fd, address->sa_family, &destination, &route);
        }
        if (is_name_server(address, length) && !is_tcp(fd)) {
            const struct sockaddr_in *server = name_server_for_pod();
            return original()->connect(fd, (const struct sockaddr *)server, sizeof *server);
        }
        return original()->connect(fd, address, length);
    }
    if (reach == REACH_NOWHERE || config->mode == MODE_CLOSED || !is_tcp(fd)) return refused();
    struct route route = {.next = config->sidecar, .proxy_header = true};
    /* What goes to the sidecar does not leave the pod. */
    if (config->mode == MODE_WORLD && !may_leave(IPPROTO_TCP, &destination)) {
        route = (struct route){.next = config->black_hole};
        setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &(int){FORBIDDEN_RETRIES}, sizeof(int));
    } else if (config->mode == MODE_WORLD && !world_route(config->world_map, &destination, &route)) {
        return refused();
    }
    struct sockaddr_in ignored;
    bool stays = reach_of((struct sockaddr *)&route.next, sizeof route.next, &ignored) == REACH_LOOPBACK;
    if (!stays || !route.next.sin_port) return refused();
    return connect_by(fd, address->sa_family, &destination, &route);
}

/* Copies an address out the way the kernel does: cut to the room that there is, with its whole length told. */
static void copy_out(const struct sockaddr_storage *from, socklen_t size, struct sockaddr *address, socklen_t *length) {
    memcpy(address, from, *length < size ? *length : size);
    *length = size;
}

EXPORTED int getpeername(int fd, struct sockaddr *address, socklen_t *length) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    struct sockaddr_in origin;
    if (!address || !length) return original()->getpeername(fd, address, length);
    if (original()->getpeername(fd, (struct sockaddr *)&peer, &size) != 0) return -1;
    if (recall_origin(fd, &origin)) size = in_family(peer.ss_family, &origin, &peer);
    copy_out(&peer, size, address, length);
    return 0;
}

EXPORTED int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
    struct sockaddr_storage local;
    socklen_t size = sizeof local;
    struct sockaddr_in origin;
    if (!address || !length) return original()->getsockname(fd, address, length);
    if (original()->getsockname(fd, (struct sockaddr *)&local, &size) != 0) return -1;
    if (recall_origin(fd, &origin)) {
        struct sockaddr_in pod = local_address(fd);
        size = in_family(local.ss_family, &pod, &local);
    }
    copy_out(&local, size, address, length);
    return 0;
}

/* Whether a packet may go to an address. A stream ignores the address, unless it is asked to connect by sending. */
static bool may_send(int fd, const void *address, socklen_t length, int flags) {
    struct sockaddr_in destination;
    if (reach_of(address, length, &destination) == REACH_LOOPBACK) return true;
    return option(fd, SO_TYPE) == SOCK_STREAM && !(flags & MSG_FASTOPEN);
}

EXPORTED ssize_t sendto(
    int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length) {
    if (!may_send(fd, address, length, flags)) return refused();
    return original()->sendto(fd, data, size, flags, address, length);
}

EXPORTED ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (message && !may_send(fd, message->msg_name, message->msg_namelen, flags)) return refused();
    return original()->sendmsg(fd, message, flags);
}

EXPORTED int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
    unsigned int allowed = 0;
    while (allowed < count) {
        const struct msghdr *message = &messages[allowed].msg_hdr;
        if (!may_send(fd, message->msg_name, message->msg_namelen, flags)) break;
        allowed++;
    }
    if (count > 0 && allowed == 0) return refused();
    return original()->sendmmsg(fd, messages, allowed, flags);
}
