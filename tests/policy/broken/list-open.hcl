retention "image" "a" {
  match { repository = ["a", "b" }
}
