/* The environment contract, and libc's own functions behind ours. */
#include "internal.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct configuration config;
static struct originals libc;
static pthread_once_t once = PTHREAD_ONCE_INIT;

bool parse_address(const char *text, struct sockaddr_in *address) {
    char host[INET_ADDRSTRLEN];
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof host) return false;
    memcpy(host, text, length);
    host[length] = 0;
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    if (colon) {
        char *end;
        unsigned long port = strtoul(colon + 1, &end, 10);
        if (end == colon + 1 || *end || port == 0 || port > 65535) return false;
        address->sin_port = htons((in_port_t)port);
    }
    return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static void read_search_list(const char *text) {
    while (*text && config.search_count < SEARCH_DOMAINS) {
        size_t length = strcspn(text, ",");
        if (length > 0 && length < DOMAIN_LENGTH) {
            memcpy(config.search[config.search_count], text, length);
            config.search[config.search_count++][length] = 0;
        }
        text += length + (text[length] == ',');
    }
}

/* Lines of `FROM=TO`. */
static void read_mounts(const char *text) {
    while (*text && config.mount_count < MOUNTS) {
        size_t length = strcspn(text, "\n");
        const char *middle = memchr(text, '=', length);
        struct mount *mount = &config.mounts[config.mount_count];
        size_t from = middle ? (size_t)(middle - text) : 0, to = middle ? length - from - 1 : 0;
        if (from > 0 && from < sizeof mount->from && to > 0 && to < sizeof mount->to) {
            memcpy(mount->from, text, from);
            memcpy(mount->to, middle + 1, to);
            config.mount_count++;
        }
        text += length + (text[length] == '\n');
    }
}

static void read_environment(void) {
    /* What is absent or makes no sense stays zero, which refuses: a mistake must not open the way out. */
    const char *text = getenv("MESHTOP_CAPTURE_MODE");
    if (text && strcmp(text, "workload") == 0) config.mode = MODE_WORKLOAD;
    if (text && strcmp(text, "world") == 0) config.mode = MODE_WORLD;
    text = getenv("MESHTOP_SIDECAR");
    if (text && !parse_address(text, &config.sidecar)) config.sidecar.sin_port = 0;
    text = getenv("MESHTOP_NAME_SERVER");
    if (text && !parse_address(text, &config.name_server)) config.name_server.sin_port = 0;
    text = getenv("MESHTOP_POD_IP");
    if (text && inet_pton(AF_INET, text, &config.pod) != 1) config.pod.s_addr = 0;
    text = getenv("MESHTOP_WORLD_MAP");
    if (text && strlen(text) < sizeof config.world_map) strcpy(config.world_map, text);
    text = getenv("MESHTOP_EGRESS_RULES");
    if (text && strlen(text) < sizeof config.egress_rules) strcpy(config.egress_rules, text);
    text = getenv("MESHTOP_BLACK_HOLE");
    if (text && !parse_address(text, &config.black_hole)) config.black_hole.sin_port = 0;
    text = getenv("MESHTOP_SEARCH");
    if (text) read_search_list(text);
    text = getenv("MESHTOP_LOCALHOST");
    if (text && inet_pton(AF_INET, text, &config.localhost) != 1) config.localhost.s_addr = 0;
    text = getenv("MESHTOP_PATHS");
    if (text) read_mounts(text);
}

static void find_originals(void) {
    /* POSIX lets a function's address come as an object pointer; ISO C needs the detour over memcpy. */
#define FIND(name)                                     \
    do {                                               \
        void *symbol = dlsym(RTLD_NEXT, #name);        \
        memcpy(&libc.name, &symbol, sizeof libc.name); \
    } while (0)
    FIND(open);
    FIND(open64);
    FIND(openat);
    FIND(openat64);
    FIND(fopen);
    FIND(fopen64);
    FIND(stat);
    FIND(stat64);
    FIND(access);
    FIND(realpath);
    FIND(connect);
    FIND(getpeername);
    FIND(getsockname);
    FIND(sendto);
    FIND(sendmsg);
    FIND(sendmmsg);
    FIND(getaddrinfo);
    FIND(getnameinfo);
    FIND(gethostbyname);
    FIND(gethostbyname2);
    FIND(gethostbyname_r);
    FIND(gethostbyname2_r);
    FIND(gethostbyaddr);
    FIND(gethostbyaddr_r);
#undef FIND
}

static void set_up(void) {
    find_originals();
    read_environment();
}

const struct configuration *configuration(void) {
    pthread_once(&once, set_up);
    return &config;
}

const struct originals *original(void) {
    pthread_once(&once, set_up);
    return &libc;
}

/* Done while the program has one thread, so that no later call meets an environment that is being changed. */
__attribute__((constructor)) static void set_up_early(void) { pthread_once(&once, set_up); }
