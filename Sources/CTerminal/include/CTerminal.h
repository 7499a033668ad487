// The part of ncursesw that meshtop draws with, in a form that Swift can import, and the guard that gives the terminal
// back whatever happens to the process.
//
// There is one screen per process, on standard input and output. All functions belong to the thread that called
// mt_start; only the signal handlers run elsewhere, and they touch no curses state.
#ifndef MESHTOP_CTERMINAL_H
#define MESHTOP_CTERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why a screen was not started, or MT_STARTED.
typedef enum mt_start_result {
    MT_STARTED,
    /// Standard input or output is not a terminal.
    MT_NOT_A_TERMINAL,
    /// TERM is unset, or the terminal database does not know it.
    MT_UNKNOWN_TERMINAL,
    /// The terminal has no way to place text at a position, as with TERM=dumb.
    MT_NO_CURSOR_ADDRESSING,
    /// The screen is started already.
    MT_ALREADY_STARTED,
    /// The system refused what the screen needs; errno tells why.
    MT_SYSTEM_ERROR,
} mt_start_result;

/// Attributes of a cell; they may be combined.
enum { MT_BOLD = 1, MT_REVERSE = 2, MT_UNDERLINE = 4, MT_DIM = 8 };

/// Keys that are not characters; MT_KEY_F + n is function key n.
enum {
    MT_KEY_UP = 1,
    MT_KEY_DOWN,
    MT_KEY_LEFT,
    MT_KEY_RIGHT,
    MT_KEY_HOME,
    MT_KEY_END,
    MT_KEY_PAGE_UP,
    MT_KEY_PAGE_DOWN,
    MT_KEY_INSERT,
    MT_KEY_DELETE,
    MT_KEY_BACKSPACE,
    MT_KEY_BACK_TAB,
    MT_KEY_ENTER,
    MT_KEY_F = 100,
};

typedef enum mt_input_kind {
    /// Nothing is waiting.
    MT_INPUT_NONE,
    /// Something was read that is no key of its own: part of a character, or a sequence without a meaning here.
    MT_INPUT_OTHER,
    /// `value` is a Unicode scalar; control characters arrive as they are.
    MT_INPUT_CHARACTER,
    /// `value` is one of MT_KEY_….
    MT_INPUT_KEY,
    /// `value` is one of MT_MOUSE_…, on a cell.
    MT_INPUT_MOUSE,
    /// `value` is the colour of the terminal's background: red, green and blue, eight bits each.
    MT_INPUT_BACKGROUND,
} mt_input_kind;

/// What a mouse does.
enum { MT_MOUSE_PRESS = 1, MT_MOUSE_WHEEL_UP, MT_MOUSE_WHEEL_DOWN };

/// Which terminals get colours of 24 bits: those alone whose entry in the database has them under their own name, those
/// as well of which it says that they can, or all that have 256.
typedef enum mt_direct { MT_DIRECT_BY_NAME, MT_DIRECT_IF_SAID, MT_DIRECT_ALWAYS } mt_direct;

/// One step of input.
typedef struct mt_input {
    mt_input_kind kind;
    uint32_t value;
    /// Of a mouse: the cell, from 0.
    int column, row;
} mt_input;

/// Takes over the environment's character set and tells whether it is UTF-8. A locale that names UTF-8 but is not
/// installed counts as C.UTF-8. To be called before mt_start.
bool mt_use_locale(void);

/// Installs the guard, enters the alternate screen and takes the keyboard: all keys reach the program, none echoes.
/// Without `color` nothing about colour is ever sent. TERMINFO is set for a moment: no other thread may read or write
/// the environment meanwhile.
mt_start_result mt_start(bool color, mt_direct direct);

/// Leaves the screen, prints what was written to standard error meanwhile, and removes the guard.
void mt_stop(void);

int mt_columns(void);
int mt_rows(void);

/// Colours of the terminal; 0 if it has none or if the screen was started without.
int mt_colors(void);

/// Asks the terminal for its size and fits the screen to it.
void mt_update_size(void);

/// Number of the pair of two colours, -1 standing for the terminal's own; 0 if there is no room for another pair.
int mt_color_pair(int foreground, int background);

/// Makes every cell blank; mt_refresh sends it.
void mt_erase(void);

/// Sets a cell to a character of `width` columns with its combining marks. A character that cannot be shown, or that
/// the C library gives another width, becomes '?' so that its row stays in line.
void mt_put(int row, int column, const uint32_t *scalars, size_t count, int width, unsigned attributes, int pair);

/// Where the cursor is after the next mt_refresh, and whether it shows.
void mt_cursor(int row, int column, bool visible);

/// Sends what has changed since the last call; nothing, if nothing has.
void mt_refresh(void);

/// Makes the next mt_refresh draw every cell, as the terminal may show something else.
void mt_redraw(void);

/// Reads a key without waiting, save for the moment that tells Escape from a sequence (ESCDELAY, 25 ms by default).
mt_input mt_read_key(void);

/// Writes bytes to the terminal as they are, past curses.
void mt_write(const char *bytes, size_t count);

/// Has the terminal report clicks and the wheel, or stop that; nothing where it has no mouse. It is stopped by itself
/// whenever the screen is left.
void mt_mouse(bool on);

/// Asks the terminal for the colour of its background; where it tells, that comes as input of its own.
void mt_ask_background(void);

/// Gives the terminal to the shell and stops the process, with its process group if `group`; returns when it runs
/// again. The next mt_refresh draws the whole screen.
void mt_suspend(bool group);

/// Takes the terminal again after a stop that this program did not see coming.
void mt_resume(void);

/// Leaves the screen to another program, found by PATH, and takes it back when that has ended; the next mt_refresh draws
/// the whole screen. `arguments` begin with its name and end with NULL. Returns its exit status, 128 + number for the end
/// by a signal; -1 where it could not be run, see errno.
int mt_run(char *const arguments[]);

/// Opens a pipe whose ends neither block nor reach child processes: `ends[0]` to read, `ends[1]` to write. False: see
/// errno.
bool mt_pipe(int ends[2]);

/// A descriptor that is readable while mt_next_signal has something to tell.
int mt_signal_descriptor(void);

/// The next of HUP, INT, QUIT, TERM, TSTP, CONT and WINCH that has arrived; 0 if there is none.
int mt_next_signal(void);

/// Ends the process by a signal, so that its parent sees 128 + number; the screen must have been stopped.
_Noreturn void mt_die(int number);

#endif
