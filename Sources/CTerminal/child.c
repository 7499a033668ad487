// Another program that has the terminal for a while, such as an editor.
#define _GNU_SOURCE 1
#define NCURSES_WIDECHAR 1
#include "CTerminal.h"
#include "internal.h"

#include <errno.h>
#include <ncursesw/curses.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/// Starts the program with the signals as a shell would give them; its errors go to the terminal, where ours are kept
/// back.
static int start(pid_t *child, char *const arguments[]) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (int number = 1; number < 32; number++) sigaddset(&usual, number);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawnp(child, arguments[0], &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/// Waits for the end of the program. When the user stops it, this process stops as well, so that the shell gets the
/// terminal; brought back, it lets the program go on.
static int wait_for(pid_t child) {
    for (;;) {
        int status;
        pid_t changed = waitpid(child, &status, WUNTRACED);
        if (changed < 0 && errno == EINTR) continue;
        if (changed < 0) return -1;
        if (WIFSTOPPED(status)) {
            raise(SIGSTOP);
            kill(child, SIGCONT);
            continue;
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

int mt_run(char *const arguments[]) {
    // What the terminal sends is meant for the program, not for this one, which sees that it has been stopped.
    struct sigaction ignore = {.sa_handler = SIG_IGN}, on_interrupt, on_quit, on_stop;
    sigaction(SIGINT, &ignore, &on_interrupt);
    sigaction(SIGQUIT, &ignore, &on_quit);
    sigaction(SIGTSTP, &ignore, &on_stop);
    endwin();
    pid_t child;
    int error = start(&child, arguments);
    int status = error == 0 ? wait_for(child) : -1;
    if (error == 0) error = errno;
    sigaction(SIGINT, &on_interrupt, NULL);
    sigaction(SIGQUIT, &on_quit, NULL);
    sigaction(SIGTSTP, &on_stop, NULL);
    mt_update_size();
    mt_redraw();
    flushinp();
    if (status < 0) errno = error;
    return status;
}
