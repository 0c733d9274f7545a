settings {
  protect_tag = {
    a = 1
    a = 2
  }
}
