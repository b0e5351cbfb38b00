public enum TournamentReport {
  public static func html(_ record: TournamentRecord) -> String { "" }
}
