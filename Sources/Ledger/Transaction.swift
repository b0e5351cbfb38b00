public import Wire

/// Everything that can stand in the log. Each is the body of an `Envelope` whose signer acts; each names the
/// network, so that it means nothing in another one.
public enum Transaction: Sendable, Hashable {
  /// The signer moves units to another account.
  case transfer(Transfer)
  /// The signer takes units out of the network.
  case withdrawal(Withdrawal)
  /// The signer becomes a contributor and bonds units.
  case registration(Registration)
  /// The signer stops being a contributor and has the bond back.
  case release(Release)
  /// The signer opens a task and funds it.
  case taskCreation(TaskCreation)
  /// The signer adds units to a task's escrow.
  case taskFunding(TaskFunding)
  /// The signer, a contributor, names an update before anyone can see it.
  case commitment(Commitment)
  /// The signer has uploaded the update that it committed to.
  case submission(Submission)
  /// The signer, a validator, commits to a secret for a window's seed.
  case seedCommitment(SeedCommitment)
  /// The signer reveals that secret after the window closed.
  case seedReveal(SeedReveal)
  /// The signer, a validator, commits to its row of a window's validation matrix.
  case assessmentCommitment(AssessmentCommitment)
  /// The signer reveals that row after enough others have committed to theirs.
  case assessment(Assessment)
  /// The signer's attestation of a version, with its credit row.
  case attestation(CreditedAttestation)
  /// Two attestations by one validator that contradict each other.
  case evidence(Evidence)
  /// The signer becomes a candidate for the next set of validators, or adds to its stake.
  case validatorBond(ValidatorBond)
  /// The signer takes units out of its stake.
  case validatorUnbond(ValidatorUnbond)
  /// The signer, a validator, asks for another committee to judge a window.
  case committeeRedraw(CommitteeRedraw)
  /// The signer, a validator, publishes the content keys of a decided merge.
  case keyRelease(KeyRelease)
  /// The signer, a validator, names a blob with a version's whole state, for those who start late.
  case snapshotNotice(SnapshotNotice)

  /// The envelope's kind for each transaction, and for an attestation on its own.
  public enum Kind: UInt32, Sendable, CaseIterable {
    case transfer = 1
    case withdrawal = 2
    case registration = 3
    case release = 4
    case taskCreation = 5
    case taskFunding = 6
    case commitment = 7
    case submission = 8
    case seedCommitment = 9
    case seedReveal = 10
    case assessment = 11
    case creditedAttestation = 12
    case evidence = 13
    case attestation = 14
    case assessmentCommitment = 15
    case validatorBond = 16
    case validatorUnbond = 17
    case committeeRedraw = 18
    case keyRelease = 20
    case snapshotNotice = 25
  }

  private var parts: (kind: Kind, message: any NetworkMessage) {
    switch self {
    case .transfer(let message): (.transfer, message)
    case .withdrawal(let message): (.withdrawal, message)
    case .registration(let message): (.registration, message)
    case .release(let message): (.release, message)
    case .taskCreation(let message): (.taskCreation, message)
    case .taskFunding(let message): (.taskFunding, message)
    case .commitment(let message): (.commitment, message)
    case .submission(let message): (.submission, message)
    case .seedCommitment(let message): (.seedCommitment, message)
    case .seedReveal(let message): (.seedReveal, message)
    case .assessmentCommitment(let message): (.assessmentCommitment, message)
    case .assessment(let message): (.assessment, message)
    case .attestation(let message): (.creditedAttestation, message)
    case .evidence(let message): (.evidence, message)
    case .validatorBond(let message): (.validatorBond, message)
    case .validatorUnbond(let message): (.validatorUnbond, message)
    case .committeeRedraw(let message): (.committeeRedraw, message)
    case .keyRelease(let message): (.keyRelease, message)
    case .snapshotNotice(let message): (.snapshotNotice, message)
    }
  }

  /// The network that the transaction is for.
  public var network: Digest { parts.message.network }

  /// Signs the transaction.
  public func signed(by key: SigningKey) -> Envelope {
    let (kind, message) = parts
    return Envelope(kind: kind.rawValue, body: message.wireBytes, signedBy: key)
  }

  /// Decodes an envelope's body. The signature is not checked here.
  ///
  /// - Throws: `WireError` for an unknown kind or a malformed body.
  public init(_ envelope: Envelope) throws(WireError) {
    let body = envelope.body
    let limit = Envelope.bodyBytesLimit
    switch Kind(rawValue: envelope.kind) {
    case .transfer: self = .transfer(try Transfer(wireBytes: body, limit: limit))
    case .withdrawal: self = .withdrawal(try Withdrawal(wireBytes: body, limit: limit))
    case .registration: self = .registration(try Registration(wireBytes: body, limit: limit))
    case .release: self = .release(try Release(wireBytes: body, limit: limit))
    case .taskCreation: self = .taskCreation(try TaskCreation(wireBytes: body, limit: limit))
    case .taskFunding: self = .taskFunding(try TaskFunding(wireBytes: body, limit: limit))
    case .commitment: self = .commitment(try Commitment(wireBytes: body, limit: limit))
    case .submission: self = .submission(try Submission(wireBytes: body, limit: limit))
    case .seedCommitment: self = .seedCommitment(try SeedCommitment(wireBytes: body, limit: limit))
    case .seedReveal: self = .seedReveal(try SeedReveal(wireBytes: body, limit: limit))
    case .assessmentCommitment:
      self = .assessmentCommitment(try AssessmentCommitment(wireBytes: body, limit: limit))
    case .assessment: self = .assessment(try Assessment(wireBytes: body, limit: limit))
    case .creditedAttestation: self = .attestation(try CreditedAttestation(wireBytes: body, limit: limit))
    case .evidence: self = .evidence(try Evidence(wireBytes: body, limit: limit))
    case .validatorBond: self = .validatorBond(try ValidatorBond(wireBytes: body, limit: limit))
    case .validatorUnbond: self = .validatorUnbond(try ValidatorUnbond(wireBytes: body, limit: limit))
    case .committeeRedraw: self = .committeeRedraw(try CommitteeRedraw(wireBytes: body, limit: limit))
    case .keyRelease: self = .keyRelease(try KeyRelease(wireBytes: body, limit: limit))
    case .snapshotNotice: self = .snapshotNotice(try SnapshotNotice(wireBytes: body, limit: limit))
    case .attestation, nil:
      throw WireError(
        .invalidValue, subject: "Envelope", field: 1, detail: "no transaction has kind \(envelope.kind)")
    }
  }
}

/// A message that names its network in field 1.
public protocol NetworkMessage: WireMessage, Hashable {
  /// The network that the message is for.
  var network: Digest { get }
}
