settings {
  rollback_window =
}
