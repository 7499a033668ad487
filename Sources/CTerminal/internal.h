// What the screen and the guard know of each other.
#ifndef MESHTOP_CTERMINAL_INTERNAL_H
#define MESHTOP_CTERMINAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/// Notes the terminal's modes, keeps standard error back and installs the signal handlers. False: see errno.
bool mt_guard_begin(void);

/// Gives the guard the bytes that bring the terminal back from the screen to a shell.
void mt_guard_set_reset(const char *bytes, size_t count);

/// Removes the handlers and prints the standard error that was kept.
void mt_guard_end(void);

/// Whether the process was started with SIGTSTP ignored: then nobody would continue it after a stop.
bool mt_guard_ignores_stop(void);

/// Whether the terminal database says that the loaded terminal shows colours of 24 bits.
bool mt_says_direct(void);

/// What TERMINFO has to be for the loaded terminal, of this name, to show colours of 24 bits; NULL where that does not
/// make sense. To be freed.
char *mt_direct_description(const char *terminal);

#endif
