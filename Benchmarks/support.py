"""A lab of its own for measurements, a client of its API, and what the table is printed with."""
import base64, http.client, json, os, pathlib, ssl, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MESHTOP = pathlib.Path(os.environ.get("MESHTOP", ROOT / ".build/release/meshtop"))
TICKS = os.sysconf("SC_CLK_TCK")


class Lab:
    """A lab in a state folder of its own."""

    def __init__(self, folder):
        self.env = dict(os.environ, XDG_STATE_HOME=str(folder))
        started = time.monotonic()
        self.call("lab", "up")
        self.start_seconds = time.monotonic() - started
        self.status = json.loads(self.call("lab", "status", "-o", "json"))
        self.api = Api(pathlib.Path(self.status["kubeconfig"]))

    def call(self, *arguments):
        return subprocess.run([MESHTOP, *arguments], env=self.env, check=True, capture_output=True, text=True).stdout

    def down(self):
        self.call("lab", "down")


class Api:
    """As much of a Kubernetes client as the measurements need."""

    PATH = "/apis/networking.istio.io/v1/namespaces/default/serviceentries"

    def __init__(self, kubeconfig):
        values = {}
        for line in kubeconfig.read_text().splitlines():
            key, _, value = line.strip().lstrip("- ").partition(": ")
            values[key] = value.strip("\"'")
        host, port = values["server"].removeprefix("https://").split(":")
        authority = base64.b64decode(values["certificate-authority-data"]).decode()
        self.connection = http.client.HTTPSConnection(host, int(port), context=ssl.create_default_context(cadata=authority))
        self.headers = {"Authorization": "Bearer " + values["token"], "Content-Type": "application/json"}

    def request(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)


def processes():
    """pid -> (parent, seconds of CPU, bytes of memory) of every process."""
    table = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            memory = sum(int(line.split()[1]) for line in (entry / "smaps_rollup").read_text().splitlines()
                         if line.startswith("Pss:"))
            table[int(entry.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS, memory * 1024)
        except (OSError, ValueError):
            pass
    return table


def row(what, value, beside, ratio):
    print(f"{what:52} {value:>14}   {beside:38} {ratio:>8}")
