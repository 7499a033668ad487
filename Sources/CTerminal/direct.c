// A description of the present terminal as one that shows any colour.
//
// curses sends colours of 24 bits only where the terminal database says that a terminal has 2^24 of them. Nearly all that
// can are described as having 256, and entries such as xterm-direct are seldom installed. So the entry that is loaded is
// written out again with what is missing, in the form that the variable TERMINFO takes (term(5), "hex:").
#define _GNU_SOURCE 1
#include "internal.h"

#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Numbers of 32 bits.
enum { MAGIC = 01036, MOST_BYTES = 32768 };

/// The first eight numbers are the user's own colours, the others are red, green and blue.
#define DIRECT(plane) \
    "\033[%?%p1%{8}%<%t" plane "%p1%d%e" plane "8;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"

typedef struct buffer {
    unsigned char bytes[MOST_BYTES];
    size_t count;
    bool is_full;
} buffer;

static void put(buffer *to, const void *bytes, size_t count) {
    if (to->count + count > sizeof to->bytes) {
        to->is_full = true;
        return;
    }
    memcpy(to->bytes + to->count, bytes, count);
    to->count += count;
}

static void put_number(buffer *to, int32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)((uint32_t)value >> (8 * i));
        put(to, &byte, 1);
    }
}

static void pad(buffer *to) {
    if (to->count % 2 != 0) put(to, "", 1);
}

static size_t count_of(char *const *names) {
    size_t count = 0;
    while (names[count] != NULL) count++;
    return count;
}

static const char *string_of(const char *name) {
    if (strcmp(name, "setaf") == 0) return DIRECT("3");
    if (strcmp(name, "setab") == 0) return DIRECT("4");
    // Colours are named, never changed.
    if (strcmp(name, "initc") == 0 || strcmp(name, "oc") == 0) return NULL;
    const char *value = tigetstr((NCURSES_CONST char *)name);
    return value == (char *)-1 ? NULL : value;
}

static int32_t number_of(const char *name) {
    if (strcmp(name, "colors") == 0) return 1 << 24;
    if (strcmp(name, "pairs") == 0) return 1 << 16;
    int value = tigetnum((NCURSES_CONST char *)name);
    return value < 0 ? -1 : value;
}

static bool flag_of(const char *name) {
    return strcmp(name, "ccc") != 0 && tigetflag((NCURSES_CONST char *)name) > 0;
}

/// Writes the loaded terminal's description with direct colours; false if it is too long.
static bool describe(buffer *to, const char *terminal) {
    static buffer table;
    table.count = 0;
    table.is_full = to->is_full = false;
    to->count = 0;
    char names[256];
    snprintf(names, sizeof names, "%s|with direct colours", terminal);
    size_t flags = count_of((char *const *)boolnames), numbers = count_of((char *const *)numnames);
    size_t strings = count_of((char *const *)strnames);
    int32_t offsets[1024];
    if (strings > sizeof offsets / sizeof *offsets) return false;
    for (size_t i = 0; i < strings; i++) {
        const char *value = string_of(strnames[i]);
        offsets[i] = value == NULL ? -1 : (int32_t)table.count;
        if (value != NULL) put(&table, value, strlen(value) + 1);
    }
    const int32_t header[] = {
        MAGIC, (int32_t)strlen(names) + 1, (int32_t)flags, (int32_t)numbers, (int32_t)strings, (int32_t)table.count,
    };
    for (size_t i = 0; i < sizeof header / sizeof *header; i++) put_number(to, header[i], 2);
    put(to, names, strlen(names) + 1);
    for (size_t i = 0; i < flags; i++) put_number(to, flag_of(boolnames[i]), 1);
    pad(to);
    for (size_t i = 0; i < numbers; i++) put_number(to, number_of(numnames[i]), 4);
    for (size_t i = 0; i < strings; i++) put_number(to, offsets[i], 2);
    put(to, table.bytes, table.count);
    pad(to);
    // One extended flag: that a colour's number is its red, green and blue.
    static const char extended[] = "RGB";
    const int32_t counts[] = {1, 0, 0, 1, sizeof extended};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) put_number(to, counts[i], 2);
    put_number(to, 1, 1);
    pad(to);
    put_number(to, 0, 2);
    put(to, extended, sizeof extended);
    return !to->is_full && !table.is_full;
}

bool mt_says_direct(void) {
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || tigetflag("Tc") > 0;
}

char *mt_direct_description(const char *terminal) {
    static buffer description;
    if (terminal == NULL || tigetnum("colors") != 256 || !describe(&description, terminal)) return NULL;
    static const char digits[] = "0123456789ABCDEF";
    char *text = malloc(4 + 2 * description.count + 1);
    if (text == NULL) return NULL;
    char *next = stpcpy(text, "hex:");
    for (size_t i = 0; i < description.count; i++) {
        *next++ = digits[description.bytes[i] >> 4];
        *next++ = digits[description.bytes[i] & 15];
    }
    *next = 0;
    return text;
}
