import Foundation
import MeshTUI

extension WallClock {
    /// The clock of this machine's time zone.
    static var local: WallClock { WallClock(utcOffset: TimeZone.current.secondsFromGMT()) }
}
