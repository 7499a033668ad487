"""What the console costs while it watches a lab."""
import fcntl, os, pty, struct, subprocess, sys, termios, threading, time

from support import MESHTOP, processes, row


def measure(lab, seconds=20):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    console = subprocess.Popen([MESHTOP], env=dict(lab.env, TERM="xterm-256color"), stdin=slave, stdout=slave, stderr=slave,
                               start_new_session=True)
    os.close(slave)
    written = [0]

    def drain():
        try:
            while data := os.read(master, 65536):
                written[0] += len(data)
        except OSError:
            pass

    threading.Thread(target=drain, daemon=True).start()
    time.sleep(5)
    first, bytes_before = processes(), written[0]
    begun = time.monotonic()
    time.sleep(seconds)
    elapsed, second, sent = time.monotonic() - begun, processes(), written[0] - bytes_before

    def cpu(pids):
        return 100 * sum(second[p][1] - first[p][1] for p in pids if p in second and p in first) / elapsed

    def memory(pids):
        return sum(second[p][2] for p in pids if p in second) / 2**20

    everything = [lab.status["pid"]]
    for pid in everything:
        everything += [child for child, (parent, _, _) in second.items() if parent == pid]
    row("console with steady traffic, CPU", f"{cpu([console.pid]):.1f} %", f"the lab that it watches {cpu(everything):.1f} %",
        f"{cpu([console.pid]) / max(cpu(everything), 0.01):.2f}x")
    row("console, memory (PSS)", f"{memory([console.pid]):.0f} MB", f"the lab and all its parts {memory(everything):.0f} MB",
        f"{memory([console.pid]) / memory(everything):.2f}x")
    row("lab process alone", f"{cpu(everything[:1]):.1f} %", f"{memory(everything[:1]):.0f} MB", "")
    row("console, bytes to the terminal", f"{sent / elapsed:.0f} B/s", "one whole frame of 120x40 4800 B", f"{sent / elapsed / 4800:.2f}x")
    os.write(master, b"q")
    if console.wait(timeout=10) != 0:
        sys.exit(f"the console ended with {console.returncode}")
