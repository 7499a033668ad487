#!/usr/bin/env python3
"""Measures how the console feels: a key to its paint, what it sends at rest and when busy, and its first frame.

Beside it, in the same run and on a terminal of the same size, htop, hatop and tig as Debian has them; one that is missing is
said to be so. The mesh is a feed of 10,000 entries of which 1,000 change each second (`feed.py`).
"""
import fcntl, os, pathlib, pty, re, select, shutil, signal, statistics, struct, subprocess, sys, tempfile, termios, time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from feed import Feed

ROOT = pathlib.Path(__file__).resolve().parent.parent
MESHTOP = os.environ.get("MESHTOP", str(ROOT / ".build/release/meshtop"))
ENTRIES, RATE = 10_000, 1_000
REVERSE = re.compile(rb"\x1b\[(?:\d+;)*7(?:;\d+)*m")


class Screen:
    """A program on a terminal of 120x40."""

    def __init__(self, command, env=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, env=dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8", **(env or {})),
                                        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def read(self, seconds):
        """Everything that comes within this time, piece by piece, as (when, bytes)."""
        end, pieces = time.perf_counter() + seconds, []
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    pieces.append((time.perf_counter(), os.read(self.master, 65536)))
                except OSError:
                    break
        return pieces

    def until(self, pattern, seconds):
        """When the output first matched; None if it never did."""
        end, text = time.perf_counter() + seconds, b""
        while (left := end - time.perf_counter()) > 0 and select.select([self.master], [], [], left)[0]:
            try:
                text += os.read(self.master, 65536)
            except OSError:
                break
            if pattern.search(text):
                return time.perf_counter()
        return None

    def press(self, keys):
        os.write(self.master, keys)

    def screen_thread(self):
        """The thread that waits for the terminal: the one in poll(2), as all others wait by other calls."""
        for _ in range(200):
            for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
                if (task / "syscall").read_text().split()[0] in ("7", "73", "271"):
                    return task
            time.sleep(0.01)
        sys.exit("no thread of the console waits for the terminal")

    def wakeups(self, thread=None):
        """How often the program's threads, or this one, have gone to sleep and been woken."""
        tasks = [thread] if thread else pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.M)[1])
                   for task in tasks)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


def paints(screen, pattern, count=300, down=b"j", up=b"k"):
    """Seconds from a key that moves the selection to its paint."""
    times = []
    for number in range(count):
        screen.read(0.03)
        begun = time.perf_counter()
        screen.press(down if number % 20 < 15 else up)
        painted = screen.until(pattern, 10)
        if painted is None:
            sys.exit("a key had no answer within 10 s")
        times.append(painted - begun)
    return times


def words(times):
    ordered = sorted(times)
    return f"{statistics.median(ordered) * 1000:.1f} / {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms"


class Others:
    """The consoles that stand beside ours, as far as they are installed."""

    def __init__(self, folder):
        self.commands, self.missing, self.haproxy = {}, [], None
        if shutil.which("htop"):
            self.commands["htop"] = ["htop"]
        if shutil.which("tig") and shutil.which("git"):
            self.commands["tig"] = ["tig"]
            self.repository(folder)
        if shutil.which("hatop") and shutil.which("haproxy"):
            self.commands["hatop"] = ["hatop", "-s", self.proxy(folder)]
        self.missing = [name for name in ("htop", "hatop", "tig") if name not in self.commands]
        self.env = {"HOME": folder}
        self.folder = folder

    def repository(self, folder):
        stream = "".join(
            f"commit refs/heads/main\ncommitter n <n@example.com> {1700000000 + n} +0000\ndata 3\nc{n % 10}\n\n"
            f"M 644 inline file\ndata 2\n{n % 10}\n\n" for n in range(2000))
        git = ["git", "-C", folder]
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*git, "fast-import", "--quiet"], input=stream.encode(), check=True)

    def proxy(self, folder):
        socket = f"{folder}/haproxy.sock"
        servers = "".join(f"  server s{n} 127.0.0.1:{20000 + n}\n" for n in range(200))
        configuration = pathlib.Path(folder, "haproxy.cfg")
        configuration.write_text(
            f"global\n  stats socket {socket} level admin\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n"
            f"  timeout server 1s\nbackend mesh\n{servers}")
        self.haproxy = subprocess.Popen(["haproxy", "-f", str(configuration)], stderr=subprocess.DEVNULL)
        while not os.path.exists(socket):
            time.sleep(0.05)
        return socket

    def screen(self, name):
        return Screen(self.commands[name], dict(self.env, PWD=self.folder)) if name != "tig" else Screen(
            ["sh", "-c", f"cd {self.folder} && exec tig"], self.env)

    def close(self):
        if self.haproxy:
            self.haproxy.terminate()
            self.haproxy.wait()


def row(what, ours, limit, beside):
    print(f"{what:44} {ours:>20}  {limit:>12}   {beside}", flush=True)


def calm():
    """Waits until no minute begins within the measurement: the clock would move."""
    left = 60 - time.time() % 60
    if left < 25:
        time.sleep(left + 0.5)


def console(feed, *options):
    screen = Screen([MESHTOP, "--server", feed.server, "--color", "never", *options], {"MESHTOP_TOKEN": "bench"})
    screen.read(1)
    return screen


def measure():
    with tempfile.TemporaryDirectory(prefix="mt") as folder:
        others = Others(folder)
        try:
            compare(others, folder)
        finally:
            others.close()
    for name in others.missing:
        print(f"{name} is not installed: apt-get install htop hatop haproxy tig")


def compare(others, folder):
    print(f"{'the screen, 120x40':44} {'meshtop':>20}  {'at most':>12}   in the same run")
    os.environ.update(XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)

    def beside(function):
        return ", ".join(f"{name} {function(name)}" for name in others.commands)

    def first(screen):
        painted = screen.until(re.compile(rb"(?s).{400}"), 5)
        begun = screen.started
        screen.close()
        return (painted - begun) * 1000 if painted else float("nan")

    def median(make):
        return f"{statistics.median(first(make()) for _ in range(5)):.0f} ms"

    row("first frame, no server there", median(lambda: Screen([MESHTOP, "--server", "http://127.0.0.1:1"])), "100 ms",
        beside(lambda name: median(lambda: others.screen(name))))

    feed = Feed(ENTRIES, RATE, 0)
    screen = console(feed)
    screen.press(b"2z")
    if not screen.until(re.compile(str(ENTRIES).encode()), 60):
        sys.exit("the console did not show every entry within a minute")
    screen.read(3)

    def paint(name):
        other = others.screen(name)
        other.read(2)
        # Of these only tig moves by letters.
        arrows = {} if name == "tig" else {"down": b"\x1bOB", "up": b"\x1bOA"}
        times = paints(other, re.compile(rb"(?s)."), 60, **arrows)
        other.close()
        return words(times)

    row(f"key to paint, median / p99, {ENTRIES} rows", words(paints(screen, REVERSE)), "10 ms", beside(paint))
    pieces = screen.read(10)
    ticks = {}
    for moment, piece in pieces:
        ticks[int(moment * 10)] = ticks.get(int(moment * 10), 0) + len(piece)
    sizes = sorted(ticks.values())

    def refresh(name):
        other = others.screen(name)
        other.read(2)
        sent = [len(piece) for _, piece in other.read(8)]
        other.close()
        return f"{max(sent, default=0)} B"

    row(f"busy tick, median / most, {RATE} changes a second", f"{statistics.median(sizes):.0f} / {sizes[-1]} B", "2000 B",
        beside(refresh))
    screen.close()

    feed = Feed(100, 0, 3)
    screen = console(feed)
    screen.read(4)
    calm()
    thread = screen.screen_thread()
    polls, before = feed.polls, screen.wakeups(thread)
    sent = sum(len(piece) for _, piece in screen.read(20))
    polls, woken = feed.polls - polls, screen.wakeups(thread) - before
    screen.close()

    def rest(name):
        other = others.screen(name)
        other.read(3)
        before = other.wakeups()
        sent = sum(len(piece) for _, piece in other.read(8))
        woken = other.wakeups() - before
        other.close()
        return f"{sent / 8:.0f} B/s, {woken / 8:.1f}/s"

    row("at rest, sent", f"{sent / 20:.1f} B/s", "0 B/s", beside(rest))
    row("at rest, wakeups of the screen's thread", f"{woken} in 20 s", f"{polls} polls", "")


if __name__ == "__main__":
    measure()
