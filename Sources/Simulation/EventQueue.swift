/// Events in the order of virtual time; events of one moment come out in the order in which they went in.
struct EventQueue<Event> {
  private struct Entry {
    let seconds: Double
    let order: UInt64
    let event: Event

    func precedes(_ other: Entry) -> Bool { (seconds, order) < (other.seconds, other.order) }
  }

  // A binary heap: each entry precedes its children at 2i + 1 and 2i + 2.
  private var heap: [Entry] = []
  private var nextOrder: UInt64 = 0

  mutating func push(_ event: Event, at seconds: Double) {
    heap.append(Entry(seconds: seconds, order: nextOrder, event: event))
    nextOrder += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// The next event and when it happens; nil if there is none.
  var next: (seconds: Double, event: Event)? { heap.first.map { ($0.seconds, $0.event) } }

  mutating func pop() -> (seconds: Double, event: Event)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sinkRoot()
    }
    return (first.seconds, first.event)
  }

  private mutating func sinkRoot() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
