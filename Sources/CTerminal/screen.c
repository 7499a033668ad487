// The screen: ncursesw, reduced to whole frames of cells.
#define _GNU_SOURCE 1
#define NCURSES_WIDECHAR 1
#include "CTerminal.h"
#include "internal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/// A code of our own for sequences that are to vanish; beyond all of curses' own.
enum { CODE_NOTHING = KEY_MAX + 1000, CODE_MOUSE, CODE_BACKGROUND };

static SCREEN *screen;
/// Keys are read through a pad: reading through a window would also refresh it.
static WINDOW *keyboard;
static bool has_color;
static bool cursor_shows;
static bool knows_mouse;
static bool mouse_reports;
static mbstate_t partial_character;

bool mt_use_locale(void) {
    if (setlocale(LC_CTYPE, "") == NULL) {
        const char *wanted = getenv("LC_ALL");
        if (wanted == NULL || *wanted == 0) wanted = getenv("LC_CTYPE");
        if (wanted == NULL || *wanted == 0) wanted = getenv("LANG");
        if (wanted != NULL && (strcasestr(wanted, "utf-8") != NULL || strcasestr(wanted, "utf8") != NULL)) {
            setlocale(LC_CTYPE, "C.UTF-8");
        }
    }
    return strcasecmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

// MARK: - Start and stop

static char collected[512];
static size_t collected_count;

static int collect(int byte) {
    if (collected_count < sizeof collected) collected[collected_count++] = (char)byte;
    return byte;
}

static void collect_capability(const char *capability) {
    if (capability != NULL) tputs(capability, 1, collect);
}

/// Presses, releases and the wheel, with numbers for the cell.
static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";

/// Composes what leaves the screen, since a signal handler may not ask the terminal database.
static void prepare_reset(void) {
    collected_count = 0;
    if (mouse_reports) collect_capability(mouse_off);
    collect_capability(keypad_local);
    collect_capability(exit_attribute_mode);
    if (has_color) collect_capability(orig_pair);
    collect_capability(tparm(cursor_address, LINES - 1, 0));
    collect_capability(exit_ca_mode);
    collect_capability(cursor_normal);
    if (exit_ca_mode == NULL) collect('\n');
    collect('\r');
    mt_guard_set_reset(collected, collected_count);
}

/// Terminals of one name differ in what they send, so every common sequence is known besides those of the database.
static void define_keys(void) {
    static const struct {
        const char *sequence;
        int code;
    } known[] = {
        {"\033[A", KEY_UP},      {"\033OA", KEY_UP},      {"\033[B", KEY_DOWN},   {"\033OB", KEY_DOWN},
        {"\033[C", KEY_RIGHT},   {"\033OC", KEY_RIGHT},   {"\033[D", KEY_LEFT},   {"\033OD", KEY_LEFT},
        {"\033[H", KEY_HOME},    {"\033OH", KEY_HOME},    {"\033[1~", KEY_HOME},  {"\033[7~", KEY_HOME},
        {"\033[F", KEY_END},     {"\033OF", KEY_END},     {"\033[4~", KEY_END},   {"\033[8~", KEY_END},
        {"\033[2~", KEY_IC},     {"\033[3~", KEY_DC},     {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE},
        {"\033[Z", KEY_BTAB},    {"\033OM", KEY_ENTER},   {"\033OP", KEY_F(1)},   {"\033[11~", KEY_F(1)},
        {"\033[[A", KEY_F(1)},   {"\033OQ", KEY_F(2)},    {"\033[12~", KEY_F(2)}, {"\033[[B", KEY_F(2)},
        {"\033OR", KEY_F(3)},    {"\033[13~", KEY_F(3)},  {"\033[[C", KEY_F(3)},  {"\033OS", KEY_F(4)},
        {"\033[14~", KEY_F(4)},  {"\033[[D", KEY_F(4)},   {"\033[15~", KEY_F(5)}, {"\033[[E", KEY_F(5)},
        {"\033[17~", KEY_F(6)},  {"\033[18~", KEY_F(7)},  {"\033[19~", KEY_F(8)}, {"\033[20~", KEY_F(9)},
        {"\033[21~", KEY_F(10)}, {"\033[23~", KEY_F(11)}, {"\033[24~", KEY_F(12)},
        // Bracketed paste is never asked for; its marks would read as Escape and letters.
        {"\033[200~", CODE_NOTHING}, {"\033[201~", CODE_NOTHING},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        // 0: unknown and not the beginning of another sequence.
        if (key_defined(known[i].sequence) == 0) define_key(known[i].sequence, known[i].code);
    }
    // curses' own reading of the mouse waits for double clicks.
    define_key(NULL, KEY_MOUSE);
    define_key("\033[<", CODE_MOUSE);
    define_key("\033]11;", CODE_BACKGROUND);
}

/// Opens the terminal, as one of 24-bit colours if it is to have them and curses does not know.
static SCREEN *open_terminal(char *direct) {
    if (direct == NULL) return newterm(NULL, stdout, stdin);
    char *before = getenv("TERMINFO");
    if (before != NULL) before = strdup(before);
    SCREEN *result = setenv("TERMINFO", direct, 1) == 0 ? newterm(NULL, stdout, stdin) : NULL;
    if (before == NULL) unsetenv("TERMINFO");
    else setenv("TERMINFO", before, 1);
    free(before);
    // A curses without this form of TERMINFO finds no terminal by it.
    return result != NULL ? result : newterm(NULL, stdout, stdin);
}

mt_start_result mt_start(bool color, mt_direct direct) {
    if (screen != NULL) return MT_ALREADY_STARTED;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return MT_NOT_A_TERMINAL;
    int status;
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK) return MT_UNKNOWN_TERMINAL;
    bool can_place = cursor_address != NULL;
    bool wants_direct = direct == MT_DIRECT_ALWAYS || (direct == MT_DIRECT_IF_SAID && mt_says_direct());
    char *description = color && can_place && wants_direct ? mt_direct_description(getenv("TERM")) : NULL;
    del_curterm(cur_term);
    if (!can_place) return MT_NO_CURSOR_ADDRESSING;

    if (!mt_guard_begin()) {
        free(description);
        return MT_SYSTEM_ERROR;
    }
    // The size is the terminal's, whatever LINES and COLUMNS have been exported as.
    use_tioctl(TRUE);
    screen = open_terminal(description);
    free(description);
    if (screen == NULL) {
        mt_guard_end();
        return MT_UNKNOWN_TERMINAL;
    }
    keyboard = newpad(1, 1);
    if (getenv("ESCDELAY") == NULL) set_escdelay(25);
    raw();
    noecho();
    nonl();
    keypad(keyboard, TRUE);
    nodelay(keyboard, TRUE);
    // A refresh that keys could interrupt would leave half a frame on the screen.
    typeahead(-1);
    const char *mouse_key = tigetstr("kmous");
    knows_mouse = mouse_key != NULL && mouse_key != (char *)-1;
    mouse_reports = false;
    define_keys();
    has_color = color && has_colors() && start_color() == OK && use_default_colors() == OK;
    cursor_shows = curs_set(0) == ERR;
    memset(&partial_character, 0, sizeof partial_character);
    prepare_reset();
    return MT_STARTED;
}

void mt_stop(void) {
    if (screen == NULL) return;
    mt_mouse(false);
    endwin();
    delwin(keyboard);
    delscreen(screen);
    screen = NULL;
    mt_guard_end();
}

// MARK: - Extent and colours

int mt_columns(void) { return COLS; }

int mt_rows(void) { return LINES; }

int mt_colors(void) { return has_color ? COLORS : 0; }

void mt_update_size(void) {
    struct winsize now;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_row == 0 || now.ws_col == 0) return;
    resizeterm(now.ws_row, now.ws_col);
    prepare_reset();
}

int mt_color_pair(int foreground, int background) {
    if (!has_color || (foreground < 0 && background < 0)) return 0;
    int pair = alloc_pair(foreground, background);
    return pair < 0 ? 0 : pair;
}

// MARK: - Drawing

void mt_erase(void) { erase(); }

static attr_t attributes_of(unsigned attributes) {
    attr_t result = A_NORMAL;
    if (attributes & MT_BOLD) result |= A_BOLD;
    if (attributes & MT_REVERSE) result |= A_REVERSE;
    if (attributes & MT_UNDERLINE) result |= A_UNDERLINE;
    if (attributes & MT_DIM) result |= A_DIM;
    return result;
}

static int width_of(uint32_t scalar) {
    return scalar >= 0x20 && scalar < 0x7F ? 1 : wcwidth((wchar_t)scalar);
}

void mt_put(int row, int column, const uint32_t *scalars, size_t count, int width, unsigned attributes, int pair) {
    wchar_t text[CCHARW_MAX + 1] = {L'?'};
    size_t length = 1;
    bool as_asked = count > 0 && width_of(scalars[0]) == width;
    if (as_asked) {
        text[0] = (wchar_t)scalars[0];
        for (size_t i = 1; i < count && length < CCHARW_MAX; i++) {
            if (width_of(scalars[i]) == 0) text[length++] = (wchar_t)scalars[i];
        }
    }
    text[length] = 0;
    cchar_t cell;
    setcchar(&cell, text, attributes_of(attributes), 0, &pair);
    // Unlike add_wch this neither wraps nor scrolls in the last column.
    mvadd_wchnstr(row, column, &cell, 1);
    if (!as_asked && width == 2) {
        setcchar(&cell, L" ", attributes_of(attributes), 0, &pair);
        mvadd_wchnstr(row, column + 1, &cell, 1);
    }
}

void mt_cursor(int row, int column, bool visible) {
    if (visible != cursor_shows && curs_set(visible ? 1 : 0) != ERR) cursor_shows = visible;
    move(row, column);
}

void mt_refresh(void) { refresh(); }

void mt_redraw(void) { clearok(curscr, TRUE); }

void mt_write(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

void mt_mouse(bool on) {
    if (screen == NULL || !knows_mouse || on == mouse_reports) return;
    mouse_reports = on;
    const char *sequence = on ? mouse_on : mouse_off;
    mt_write(sequence, strlen(sequence));
    prepare_reset();
}

void mt_ask_background(void) {
    static const char question[] = "\033]11;?\033\\";
    if (screen != NULL) mt_write(question, sizeof question - 1);
}

// MARK: - Keys

static uint32_t key_of(int code) {
    switch (code) {
    case KEY_UP: return MT_KEY_UP;
    case KEY_DOWN: return MT_KEY_DOWN;
    case KEY_LEFT: return MT_KEY_LEFT;
    case KEY_RIGHT: return MT_KEY_RIGHT;
    case KEY_HOME: case KEY_FIND: case KEY_A1: return MT_KEY_HOME;
    case KEY_END: case KEY_SELECT: case KEY_LL: case KEY_C1: return MT_KEY_END;
    case KEY_PPAGE: case KEY_A3: return MT_KEY_PAGE_UP;
    case KEY_NPAGE: case KEY_C3: return MT_KEY_PAGE_DOWN;
    case KEY_IC: return MT_KEY_INSERT;
    case KEY_DC: return MT_KEY_DELETE;
    case KEY_BACKSPACE: return MT_KEY_BACKSPACE;
    case KEY_BTAB: return MT_KEY_BACK_TAB;
    case KEY_ENTER: return MT_KEY_ENTER;
    default: return code >= KEY_F(1) && code <= KEY_F(63) ? (uint32_t)(MT_KEY_F + code - KEY_F0) : 0;
    }
}

/// A number of a mouse report and the letter behind it.
static int read_number(int *end) {
    int number = 0, byte;
    while ((byte = wgetch(keyboard)) >= '0' && byte <= '9') number = number > 9999 ? number : number * 10 + byte - '0';
    *end = byte;
    return number;
}

/// Reads what follows "ESC [ <": button; column; row, M for a press and m for a release.
static mt_input read_mouse(void) {
    mt_input input = {MT_INPUT_OTHER, 0, 0, 0};
    int end;
    // The rest of the report comes with its beginning, or a moment later over a slow line.
    wtimeout(keyboard, 25);
    int button = read_number(&end);
    int column = end == ';' ? read_number(&end) : 0;
    int row = end == ';' ? read_number(&end) : 0;
    nodelay(keyboard, TRUE);
    // What is no part of a report is a key of its own.
    if (end != ERR && end != 'M' && end != 'm') ungetch(end);
    if (end != 'M' || column == 0 || row == 0) return input;
    // Shift, Meta and Control are in the bits of 4, 8 and 16.
    switch (button & ~(4 | 8 | 16)) {
    case 0: input.value = MT_MOUSE_PRESS; break;
    case 64: input.value = MT_MOUSE_WHEEL_UP; break;
    case 65: input.value = MT_MOUSE_WHEEL_DOWN; break;
    default: return input;
    }
    return (mt_input){MT_INPUT_MOUSE, input.value, column - 1, row - 1};
}

/// Reads what follows "ESC ] 11 ;" up to BEL or ESC \\: rgb: or rgba:, and numbers of one to four hexadecimal digits
/// between slashes.
static mt_input read_background(void) {
    const mt_input nothing = {MT_INPUT_OTHER, 0, 0, 0};
    char text[40];
    size_t count = 0;
    int byte;
    // The rest of the answer comes with its beginning, or a moment later over a slow line.
    wtimeout(keyboard, 25);
    while ((byte = wgetch(keyboard)) >= ' ' && byte < 0x7F && count < sizeof text - 1) text[count++] = (char)byte;
    if (byte == '\033') wgetch(keyboard);
    nodelay(keyboard, TRUE);
    text[count] = 0;
    const char *at = strchr(text, ':');
    if (at == NULL || strncmp(text, "rgb", 3) != 0) return nothing;
    uint32_t color = 0;
    for (int part = 0; part < 3; part++) {
        char *end;
        unsigned long value = strtoul(++at, &end, 16);
        long digits = end - at;
        if (digits < 1 || digits > 4 || (part < 2 && *end != '/')) return nothing;
        color = color << 8 | (uint32_t)(value * 255 / ((1ul << (4 * digits)) - 1) & 0xFF);
        at = end;
    }
    return (mt_input){MT_INPUT_BACKGROUND, color, 0, 0};
}

mt_input mt_read_key(void) {
    int code = wgetch(keyboard);
    if (code == ERR) return (mt_input){MT_INPUT_NONE, 0, 0, 0};
    if (code == CODE_MOUSE) return read_mouse();
    if (code == CODE_BACKGROUND) return read_background();
    if (code >= KEY_MIN) {
        uint32_t key = key_of(code);
        return (mt_input){key == 0 ? MT_INPUT_OTHER : MT_INPUT_KEY, key, 0, 0};
    }
    // get_wch would drop a character whose bytes arrive in two parts; this keeps the first part until the rest comes.
    char byte = (char)code;
    wchar_t character;
    size_t length = mbrtowc(&character, &byte, 1, &partial_character);
    if (length == (size_t)-2) return (mt_input){MT_INPUT_OTHER, 0, 0, 0};
    if (length == (size_t)-1) {
        memset(&partial_character, 0, sizeof partial_character);
        return (mt_input){MT_INPUT_OTHER, 0, 0, 0};
    }
    return (mt_input){MT_INPUT_CHARACTER, (uint32_t)character, 0, 0};
}

// MARK: - Job control

void mt_suspend(bool group) {
    if (screen == NULL || mt_guard_ignores_stop()) return;
    bool had_mouse = mouse_reports;
    mt_mouse(false);
    endwin();
    struct sigaction on_stop, on_continue, none = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};
    // The end of this stop is no news.
    sigaction(SIGCONT, &standard, &on_continue);
    // The others of the group get the signal from here; this thread then stops itself, so that the stop is over when
    // raise returns. A signal to the whole process might be seen by another thread first, and some time later.
    sigaction(SIGTSTP, &none, &on_stop);
    if (group) kill(0, SIGTSTP);
    sigaction(SIGTSTP, &standard, NULL);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &on_stop, NULL);
    sigaction(SIGCONT, &on_continue, NULL);
    mt_mouse(had_mouse);
    mt_update_size();
    mt_redraw();
}

void mt_resume(void) {
    if (screen == NULL) return;
    // The refresh after endwin sets the modes and the alternate screen again, which another program may have changed.
    endwin();
    if (mouse_reports) mt_write(mouse_on, strlen(mouse_on));
    mt_update_size();
    mt_redraw();
}
