import Testing

@testable import Trainers
