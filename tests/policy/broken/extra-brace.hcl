settings {
}
}
