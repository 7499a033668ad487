/* Where each captured socket's program thinks that it is connected to, by the kernel's cookie of the socket.

   No close has to be seen: a cookie is never given twice. A table of fixed size without locks is enough, and works in
   signal handlers and after fork; the oldest connections of a process with very many are forgotten. */
#include "internal.h"

#include <stdatomic.h>
#include <stdint.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

enum { SETS = 2048, WAYS = 4 };

struct entry {
    _Atomic uint64_t cookie; /* zero while empty or being written */
    _Atomic uint64_t address;
};

static struct entry table[SETS][WAYS];
static _Atomic unsigned int next_way[SETS];

static uint64_t cookie_of(int fd) {
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

void remember_origin(int fd, const struct sockaddr_in *destination) {
    uint64_t cookie = cookie_of(fd);
    if (!cookie) return;
    unsigned int set = (unsigned int)(cookie % SETS);
    struct entry *entry = &table[set][atomic_fetch_add(&next_way[set], 1) % WAYS];
    atomic_store(&entry->cookie, 0);
    atomic_store(&entry->address, (uint64_t)destination->sin_addr.s_addr << 16 | destination->sin_port);
    atomic_store(&entry->cookie, cookie);
}

bool recall_origin(int fd, struct sockaddr_in *destination) {
    uint64_t cookie = cookie_of(fd);
    if (!cookie) return false;
    struct entry *set = table[cookie % SETS];
    /* The newest entry counts if a socket was connected twice. */
    unsigned int newest = atomic_load(&next_way[cookie % SETS]);
    for (unsigned int age = 1; age <= WAYS; age++) {
        struct entry *entry = &set[(newest - age) % WAYS];
        if (atomic_load(&entry->cookie) != cookie) continue;
        uint64_t address = atomic_load(&entry->address);
        /* Another thread may have taken the entry over between the two reads. */
        if (atomic_load(&entry->cookie) != cookie) continue;
        *destination = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = (in_port_t)(address & 0xffff)};
        destination->sin_addr.s_addr = (in_addr_t)(address >> 16);
        return true;
    }
    return false;
}
