import MeshState

/// A rate over time in few columns: one bar a value, the highest one of them as high as a line.
enum Sparkline {
    private static let bars: [Glyph] = [.bar1, .bar2, .bar3, .bar4, .bar5, .bar6, .bar7, .bar8]

    /// The latest values, the newest at the right; blank where there was nothing.
    static func text(_ history: RateHistory, columns: Int) -> String {
        let values = history.latest(columns)
        let most = values.max() ?? 0
        return values.map { value in
            guard value > 0, most > 0 else { return " " }
            return bars[min(bars.count - 1, Int(value / most * Double(bars.count)))].text
        }.joined()
    }
}
