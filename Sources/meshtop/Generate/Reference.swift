import MeshTUI

/// What the program reads and tells besides its arguments; man pages and documents take it from here.
enum Reference {
    static let exitStatus: [(code: String, meaning: String)] = [
        ("0", "done"),
        ("1", "failed, or not all of it could be told; the reason is on standard error"),
        ("2", "wrong usage"),
        ("128+n", "ended by signal n"),
    ]

    static let environment: [(name: String, meaning: String)] =
        [
        ("KUBECONFIG", "the kubeconfig files, in place of ~/.kube/config"),
        ("MESHTOP_TOKEN", "the bearer token for --server, where no kubeconfig has one"),
        ("MESHTOP_ENVOY", "the Envoy that the lab runs"),
        ("XDG_STATE_HOME", "where the lab, the journal, drafts and saved screens are kept; ~/.local/state without it"),
        ("TERM, COLORTERM", "the terminal, and whether it shows all colours"),
        ("NO_COLOR", "not empty: no colours, attributes alone"),
        ("LC_ALL, LC_CTYPE, LANG", "without UTF-8 in it, all is drawn in ASCII"),
        ("ESCDELAY", "milliseconds in which the rest of a key's sequence has to follow Esc; 25 without it"),
        ("VISUAL, EDITOR", "what edits YAML; vi without them"),
        ("COLUMNS, LINES", "how large --once and --batch print; 120 and 40 without them"),
        ("MESHTOP_COMMAND_FLAG", "any flag of any command, such as MESHTOP_ALLOW_FOR=1h or MESHTOP_LAB_UP_DNS_CAPTURE=true"),
    ] + Setting.all.map { ($0.variable, "\($0.help); as \($0.flag)") }

    static let files: [(path: String, meaning: String)] = [
        ("$XDG_CONFIG_HOME/meshtop/config.yaml", "settings and keys; ~/.config/meshtop/config.yaml without the variable"),
        ("$XDG_CONFIG_HOME/meshtop/themes", "themes of one's own"),
        ("~/.kube/config", "how clusters are reached"),
        ("$XDG_STATE_HOME/meshtop/lab", "the lab: its objects, certificates, logs and its kubeconfig"),
        ("$XDG_STATE_HOME/meshtop/saved", "what Ctrl-S saved"),
        ("$XDG_STATE_HOME/meshtop/journal.sqlite", "the changes that were made with meshtop"),
        ("$XDG_STATE_HOME/meshtop/recorder.sqlite", "what was observed, for [ and ] and for record"),
        ("$XDG_STATE_HOME/meshtop/drafts", "edits that were not applied"),
    ]
}
