/// The documents' `sleep`: a pod to call from. Here it calls by itself too, so that there is something to see.
struct Sleeper: Sendable {
    private static let interval = Duration.seconds(3)
    private static let calls = [
        "http://edition.cnn.com/politics", "https://www.google.com/", "http://www.google.com/",
    ]

    let client: WorkloadClient

    /// Calls one host after the other until the task is cancelled; a call that fails is as good as one that does not.
    func run() async {
        while true {
            for url in Self.calls {
                if Task.isCancelled { return }
                _ = try? await client.get(url)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
