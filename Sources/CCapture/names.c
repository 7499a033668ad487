/* Names: asked of the lab's name server, never of the machine's own, which may be on a real network. */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ADDRESSES = 16 };

static bool is_localhost(const char *name) {
    size_t length = strlen(name), suffix = strlen("localhost");
    if (length < suffix || strcasecmp(name + length - suffix, "localhost") != 0) return false;
    return length == suffix || name[length - suffix - 1] == '.';
}

static bool is_number(const char *name) {
    struct in_addr ipv4;
    return inet_aton(name, &ipv4) != 0 || strchr(name, ':') != NULL;
}

/* Whether libc answers a name without asking anyone. */
static bool is_native(const char *name) {
    return !name || !*name || is_localhost(name) || is_number(name);
}

/* As resolve(); the machine's own name is the loopback, as the hosts file of a pod has it. */
static int addresses_of(const char *name, struct in_addr *addresses, int capacity) {
    char own[NAME_LENGTH];
    if (gethostname(own, sizeof own) == 0 && strcasecmp(own, name) == 0) {
        addresses[0].s_addr = htonl(INADDR_LOOPBACK);
        return 1;
    }
    return resolve(name, addresses, capacity);
}

static void to_text(struct in_addr address, char text[INET_ADDRSTRLEN]) {
    inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

EXPORTED int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    if (is_native(node) || (hints && hints->ai_flags & AI_NUMERICHOST)) {
        return original()->getaddrinfo(node, service, hints, result);
    }
    struct in_addr addresses[ADDRESSES];
    int count = addresses_of(node, addresses, ADDRESSES);
    if (count == DNS_UNKNOWN) return EAI_NONAME;
    if (count == DNS_FAILED) return EAI_AGAIN;
    struct addrinfo numeric = {0};
    if (hints) numeric = *hints;
    if (count == 0 || (numeric.ai_family == AF_INET6 && !(numeric.ai_flags & AI_V4MAPPED))) return EAI_NODATA;
    bool wants_name = numeric.ai_flags & AI_CANONNAME;
    numeric.ai_flags = (numeric.ai_flags & ~(AI_CANONNAME | AI_ADDRCONFIG)) | AI_NUMERICHOST;

    /* libc makes the list of each address; a list of lists is one that freeaddrinfo can free. */
    struct addrinfo *first = NULL, **end = &first;
    for (int index = 0; index < count; index++) {
        char text[INET_ADDRSTRLEN];
        to_text(addresses[index], text);
        int failure = original()->getaddrinfo(text, service, &numeric, end);
        if (failure) {
            *end = NULL;
            if (first) freeaddrinfo(first);
            return failure;
        }
        while (*end) end = &(*end)->ai_next;
    }
    if (!first) return EAI_NODATA;
    if (wants_name && !(first->ai_canonname = strdup(node))) {
        freeaddrinfo(first);
        return EAI_MEMORY;
    }
    *result = first;
    return 0;
}

/* What to ask libc for instead of a name: the name itself, or its address as text. NULL if it has none, with the reason
   in *failure as an h_errno. */
static const char *substitute(const char *name, int family, char text[INET_ADDRSTRLEN], int *failure) {
    if (is_native(name)) return name;
    struct in_addr address;
    int count = addresses_of(name, &address, 1);
    if (count == 1 && family == AF_INET) {
        to_text(address, text);
        return text;
    }
    h_errno = *failure = count == DNS_UNKNOWN ? HOST_NOT_FOUND : count == DNS_FAILED ? TRY_AGAIN : NO_DATA;
    return NULL;
}

EXPORTED struct hostent *gethostbyname2(const char *name, int family) {
    char text[INET_ADDRSTRLEN];
    const char *instead = substitute(name, family, text, &h_errno);
    return instead ? original()->gethostbyname2(instead, family) : NULL;
}

EXPORTED struct hostent *gethostbyname(const char *name) {
    char text[INET_ADDRSTRLEN];
    const char *instead = substitute(name, AF_INET, text, &h_errno);
    return instead ? original()->gethostbyname(instead) : NULL;
}

EXPORTED int gethostbyname2_r(
    const char *name, int family, struct hostent *entry, char *buffer, size_t size, struct hostent **result,
    int *failure) {
    char text[INET_ADDRSTRLEN];
    const char *instead = substitute(name, family, text, failure);
    *result = NULL;
    return instead ? original()->gethostbyname2_r(instead, family, entry, buffer, size, result, failure) : 0;
}

EXPORTED int gethostbyname_r(
    const char *name, struct hostent *entry, char *buffer, size_t size, struct hostent **result, int *failure) {
    char text[INET_ADDRSTRLEN];
    const char *instead = substitute(name, AF_INET, text, failure);
    *result = NULL;
    return instead ? original()->gethostbyname_r(instead, entry, buffer, size, result, failure) : 0;
}

/* Whether the hosts file names an address, so that libc has to ask no one. */
static bool is_named(const void *bytes, socklen_t length, int family) {
    if (family == AF_INET && length == sizeof(struct in_addr)) {
        struct in_addr address;
        memcpy(&address, bytes, sizeof address);
        return address.s_addr == htonl(INADDR_LOOPBACK);
    }
    if (family != AF_INET6 || length != sizeof(struct in6_addr)) return false;
    return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)bytes);
}

EXPORTED struct hostent *gethostbyaddr(const void *address, socklen_t length, int family) {
    if (is_named(address, length, family)) return original()->gethostbyaddr(address, length, family);
    h_errno = HOST_NOT_FOUND;
    return NULL;
}

EXPORTED int gethostbyaddr_r(
    const void *address, socklen_t length, int family, struct hostent *entry, char *buffer, size_t size,
    struct hostent **result, int *failure) {
    if (is_named(address, length, family)) {
        return original()->gethostbyaddr_r(address, length, family, entry, buffer, size, result, failure);
    }
    *result = NULL;
    h_errno = *failure = HOST_NOT_FOUND;
    return 0;
}

EXPORTED int getnameinfo(
    const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service,
    socklen_t service_size, int flags) {
    bool named = true;
    if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        named = is_named(&((const struct sockaddr_in *)address)->sin_addr, sizeof(struct in_addr), AF_INET);
    } else if (address && address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        named = is_named(&((const struct sockaddr_in6 *)address)->sin6_addr, sizeof(struct in6_addr), AF_INET6);
    }
    if (!named && host && flags & NI_NAMEREQD) return EAI_NONAME;
    return original()->getnameinfo(
        address, length, host, host_size, service, service_size, named ? flags : flags | NI_NUMERICHOST);
}

/* The resolver's own interface would ask the machine's name servers. What it returns counts as "try again". */
#define NO_RESOLVER(name)                                                                        \
    EXPORTED int name(void);                                                                     \
    EXPORTED int name(void) {                                                                    \
        h_errno = TRY_AGAIN;                                                                     \
        errno = ENETUNREACH;                                                                     \
        return -1;                                                                               \
    }
NO_RESOLVER(res_query)
NO_RESOLVER(res_search)
NO_RESOLVER(res_querydomain)
NO_RESOLVER(res_send)
NO_RESOLVER(res_nquery)
NO_RESOLVER(res_nsearch)
NO_RESOLVER(res_nquerydomain)
NO_RESOLVER(res_nsend)
NO_RESOLVER(__res_query)
NO_RESOLVER(__res_search)
NO_RESOLVER(__res_querydomain)
NO_RESOLVER(__res_send)
NO_RESOLVER(__res_nquery)
NO_RESOLVER(__res_nsearch)
NO_RESOLVER(__res_nquerydomain)
NO_RESOLVER(__res_nsend)
