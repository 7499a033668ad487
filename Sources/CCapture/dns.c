/* A DNS client that asks one name server over UDP for A records (RFC 1035), with a search list. */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { ATTEMPTS = 3, ATTEMPT_MILLISECONDS = 1000, MESSAGE_LENGTH = 1500 };
enum { HEADER_LENGTH = 12, TYPE_A = 1, CLASS_IN = 1, RCODE_NXDOMAIN = 3, LABEL_LENGTH = 63 };

static uint16_t number_at(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

/* Writes a query; returns its length, or zero for what is no name. */
static size_t write_query(unsigned char *query, uint16_t id, const char *name) {
    unsigned char *end = query;
    const unsigned char header[HEADER_LENGTH] = {(unsigned char)(id >> 8), (unsigned char)id, 0x01, 0, 0, 1};
    memcpy(end, header, sizeof header);
    end += sizeof header;
    while (*name) {
        size_t length = strcspn(name, ".");
        if (length == 0 || length > LABEL_LENGTH) return 0;
        *end++ = (unsigned char)length;
        memcpy(end, name, length);
        end += length;
        name += length + (name[length] == '.');
    }
    const unsigned char question[] = {0, 0, TYPE_A, 0, CLASS_IN};
    memcpy(end, question, sizeof question);
    return (size_t)(end + sizeof question - query);
}

/* The offset after the name at an offset; zero if the message ends first. */
static size_t after_name(const unsigned char *message, size_t size, size_t offset) {
    while (offset < size) {
        unsigned char length = message[offset];
        if (length == 0) return offset + 1;
        if (length >= 0xc0) return offset + 2; /* a pointer ends the name */
        offset += 1u + length;
    }
    return 0;
}

/* Reads an answer to our query; what resolve() returns. */
static int read_answer(const unsigned char *message, size_t size, struct in_addr *addresses, int capacity) {
    int code = message[3] & 0x0f;
    if (code == RCODE_NXDOMAIN) return DNS_UNKNOWN;
    if (code != 0) return DNS_FAILED;
    int questions = number_at(message + 4), answers = number_at(message + 6), found = 0;
    size_t offset = HEADER_LENGTH;
    while (questions-- > 0) {
        if ((offset = after_name(message, size, offset)) == 0) return DNS_FAILED;
        offset += 4;
    }
    while (answers-- > 0 && found < capacity) {
        if ((offset = after_name(message, size, offset)) == 0 || offset + 10 > size) return DNS_FAILED;
        const unsigned char *record = message + offset;
        size_t length = number_at(record + 8);
        offset += 10 + length;
        if (offset > size) return DNS_FAILED;
        if (number_at(record) == TYPE_A && number_at(record + 2) == CLASS_IN && length == sizeof(struct in_addr)) {
            memcpy(&addresses[found++], record + 10, sizeof(struct in_addr));
        }
    }
    return found;
}

/* Sends a query and waits for its answer on a connected socket. */
static int exchange(
    int fd, const unsigned char *query, size_t size, struct in_addr *addresses, int capacity) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (original()->sendto(fd, query, size, MSG_NOSIGNAL, NULL, 0) != (ssize_t)size) return DNS_FAILED;
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int ready;
        do ready = poll(&wanted, 1, ATTEMPT_MILLISECONDS);
        while (ready < 0 && errno == EINTR);
        if (ready <= 0) continue;
        unsigned char message[MESSAGE_LENGTH];
        ssize_t count = recv(fd, message, sizeof message, 0);
        if (count < 0 && errno == ECONNREFUSED) return DNS_FAILED; /* nobody is there */
        if (count < HEADER_LENGTH || memcmp(message, query, 2) != 0 || !(message[2] & 0x80)) continue;
        return read_answer(message, (size_t)count, addresses, capacity);
    }
    return DNS_FAILED;
}

static int ask(const char *name, struct in_addr *addresses, int capacity) {
    unsigned char query[HEADER_LENGTH + NAME_LENGTH + 8];
    uint16_t id;
    if (getrandom(&id, sizeof id, 0) != sizeof id) return DNS_FAILED;
    size_t size = write_query(query, id, name);
    if (size == 0) return DNS_UNKNOWN;
    const struct sockaddr_in *server = name_server_for_pod();
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return DNS_FAILED;
    int result = DNS_FAILED;
    if (original()->connect(fd, (const struct sockaddr *)server, sizeof *server) == 0) {
        result = exchange(fd, query, size, addresses, capacity);
    }
    close(fd);
    return result;
}

int resolve(const char *name, struct in_addr *addresses, int capacity) {
    const struct configuration *config = configuration();
    struct sockaddr_in ignored;
    /* A name server anywhere else than on the loopback would be a way out. */
    const struct sockaddr *server = (const struct sockaddr *)&config->name_server;
    if (!config->name_server.sin_port || reach_of(server, sizeof config->name_server, &ignored) != REACH_LOOPBACK) {
        return DNS_FAILED;
    }
    size_t length = strlen(name);
    if (length == 0 || length >= NAME_LENGTH) return DNS_UNKNOWN;
    bool is_qualified = strchr(name, '.') != NULL;
    if (is_qualified) {
        int result = ask(name, addresses, capacity);
        if (result != DNS_UNKNOWN || name[length - 1] == '.') return result;
    }
    for (int index = 0; index < config->search_count; index++) {
        char full[NAME_LENGTH];
        int written = snprintf(full, sizeof full, "%s.%s", name, config->search[index]);
        if (written >= (int)sizeof full) continue;
        int result = ask(full, addresses, capacity);
        if (result != DNS_UNKNOWN) return result;
    }
    return is_qualified ? DNS_UNKNOWN : ask(name, addresses, capacity);
}
