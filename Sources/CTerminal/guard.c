// The crash guard: the terminal is usable after every end that a process can notice.
//
// Two kinds of signal arrive here. A request (HUP, INT, QUIT, TERM) and news (TSTP, CONT, WINCH) go into a pipe for the
// program's loop. A crash (a trap, a fault, an abort) ends the process at once, and so does a request if an earlier one
// has waited for a second without being taken: the loop hangs. Before such an end the handler resets the terminal and
// prints the standard error that was kept back, so that a crash report is readable. It cannot help against SIGKILL, nor
// when a thread overflows its stack that is neither the screen's nor has an alternate stack of its own.
#define _GNU_SOURCE 1
#include "CTerminal.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    KEPT_BYTES = 1 << 20,
    SIGNAL_STACK_BYTES = 1 << 16,
    PATIENCE_MILLISECONDS = 1000,
    WRITE_MILLISECONDS = 500,
};

static const int crashes[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS};
static const int requests[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static const int news[] = {SIGTSTP, SIGCONT, SIGWINCH};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct sigaction previous[NSIG];
static bool is_installed[NSIG];
static struct termios shell_modes;
static char reset_bytes[512];
static volatile size_t reset_count;
static int real_error = -1, kept_error = -1;
static int signal_pipe[2] = {-1, -1};
static char signal_stack[SIGNAL_STACK_BYTES];
/// The thread that restores the terminal; 0 while none does.
static _Atomic pid_t restoring_thread;
/// When the oldest request that is still in the pipe came, in milliseconds; 0 if there is none.
static _Atomic int64_t request_since;

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Writes to a descriptor that may be a terminal with its output stopped: that must not keep the process from ending.
static void write_bounded(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
        if (poll(&ready, 1, WRITE_MILLISECONDS) <= 0) return;
        size_t part = count < 512 ? count : 512;
        ssize_t written = write(descriptor, bytes, part);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

/// Points standard error back to where it was and prints what was kept; the kept file's own offset is its length.
static void release_error(void) {
    if (real_error < 0) return;
    dup2(real_error, STDERR_FILENO);
    off_t end = lseek(kept_error, 0, SEEK_CUR);
    char part[4096];
    off_t position = 0;
    while (position < end) {
        size_t wanted = (size_t)(end - position) < sizeof part ? (size_t)(end - position) : sizeof part;
        ssize_t count = pread(kept_error, part, wanted, position);
        if (count <= 0) break;
        write_bounded(STDERR_FILENO, part, (size_t)count);
        position += count;
    }
    close(real_error);
    close(kept_error);
    real_error = kept_error = -1;
}

/// Brings the terminal back from a signal handler. False if this very thread was doing so already.
static bool restore_terminal(void) {
    pid_t self = gettid(), nobody = 0;
    if (!atomic_compare_exchange_strong(&restoring_thread, &nobody, self)) {
        if (nobody == self) return false;
        for (;;) pause();  // Another thread is at it and will end the process.
    }
    // A process in the background may set the terminal's modes only with this signal out of the way.
    sigset_t background;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &background, NULL);
    write_bounded(STDOUT_FILENO, reset_bytes, reset_count);
    tcsetattr(STDIN_FILENO, TCSANOW, &shell_modes);
    release_error();
    return true;
}

/// Restores the terminal and lets the signal take its course; the Swift runtime's own report comes from `previous`.
static void on_crash(int number, siginfo_t *info, void *context) {
    (void)context;
    if (restore_terminal()) {
        sigaction(number, &previous[number], NULL);
    } else {
        signal(number, SIG_DFL);
    }
    // A real fault happens again when the handler returns, and there the report shall point; a sent one must be raised.
    if (info->si_code > 0) return;
    raise(number);
    // Swift's own handler reports and returns, for the fault to happen again; a sent signal does not, so it is ended here.
    signal(number, SIG_DFL);
    raise(number);
}

static void tell(int number) {
    char byte = (char)number;
    // A full pipe holds thousands of signals that nobody has taken: one more would say nothing new.
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
}

static void on_request(int number) {
    int error = errno;
    int64_t now = milliseconds(), since = 0;
    if (atomic_compare_exchange_strong(&request_since, &since, now) || now - since < PATIENCE_MILLISECONDS) {
        tell(number);
    } else {
        restore_terminal();
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = error;
}

static void on_news(int number) {
    int error = errno;
    tell(number);
    errno = error;
}

static void install(int number, const struct sigaction *action) {
    sigaction(number, action, &previous[number]);
    is_installed[number] = true;
}

/// A stack of its own for the handlers of this thread, as the overflow of the usual one is among what they handle.
static void provide_signal_stack(void) {
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && !(present.ss_flags & SS_DISABLE)) return;
    stack_t own = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&own, NULL);
}

static void install_handlers(void) {
    provide_signal_stack();
    struct sigaction crash = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    for (size_t i = 0; i < COUNT(crashes); i++) install(crashes[i], &crash);
    struct sigaction request = {.sa_handler = on_request, .sa_flags = SA_RESTART | SA_NODEFER | SA_ONSTACK};
    for (size_t i = 0; i < COUNT(requests); i++) {
        // What the parent has this process ignore, as nohup does with HUP, stays ignored.
        struct sigaction present;
        sigaction(requests[i], NULL, &present);
        if (present.sa_handler != SIG_IGN) install(requests[i], &request);
    }
    struct sigaction event = {.sa_handler = on_news, .sa_flags = SA_RESTART | SA_ONSTACK};
    for (size_t i = 0; i < COUNT(news); i++) {
        struct sigaction present;
        sigaction(news[i], NULL, &present);
        if (news[i] != SIGTSTP || present.sa_handler != SIG_IGN) install(news[i], &event);
    }
}

/// Sends standard error into memory while the screen is up: anything may write there and would spoil the picture. The
/// file cannot grow beyond its size, so that a flood of messages costs no more than that.
static bool keep_error(void) {
    if (!isatty(STDERR_FILENO)) return true;
    int kept = memfd_create("meshtop-stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (kept < 0) return false;
    int real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (real < 0 || ftruncate(kept, KEPT_BYTES) != 0 || fcntl(kept, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0
        || dup2(kept, STDERR_FILENO) < 0) {
        int error = errno;
        if (real >= 0) close(real);
        close(kept);
        errno = error;
        return false;
    }
    real_error = real;
    kept_error = kept;
    return true;
}

bool mt_guard_begin(void) {
    if (tcgetattr(STDIN_FILENO, &shell_modes) != 0) return false;
    if (!mt_pipe(signal_pipe)) return false;
    reset_count = 0;
    atomic_store(&restoring_thread, 0);
    atomic_store(&request_since, 0);
    if (!keep_error()) {
        int error = errno;
        close(signal_pipe[0]);
        close(signal_pipe[1]);
        errno = error;
        return false;
    }
    install_handlers();
    return true;
}

void mt_guard_set_reset(const char *bytes, size_t count) {
    reset_count = 0;
    if (count > sizeof reset_bytes) count = sizeof reset_bytes;
    memcpy(reset_bytes, bytes, count);
    reset_count = count;
}

void mt_guard_end(void) {
    for (int number = 1; number < NSIG; number++) {
        if (is_installed[number]) sigaction(number, &previous[number], NULL);
        is_installed[number] = false;
    }
    release_error();
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    signal_pipe[0] = signal_pipe[1] = -1;
}

bool mt_guard_ignores_stop(void) { return !is_installed[SIGTSTP]; }

bool mt_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0; }

int mt_signal_descriptor(void) { return signal_pipe[0]; }

int mt_next_signal(void) {
    unsigned char byte;
    if (read(signal_pipe[0], &byte, 1) != 1) return 0;
    for (size_t i = 0; i < COUNT(requests); i++) {
        if (requests[i] == byte) atomic_store(&request_since, 0);
    }
    return byte;
}

_Noreturn void mt_die(int number) {
    signal(number, SIG_DFL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    _exit(128 + number);  // A signal whose default is not to end a process.
}
