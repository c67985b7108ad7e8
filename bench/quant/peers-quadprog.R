# Median milliseconds of quadprog on least-variance problems: one line per problem on stdin, "id n cap repeats file", where the
# file holds the covariance as little-endian doubles. Prints id, milliseconds and variance.
suppressMessages(library(quadprog))
for (line in readLines(file("stdin"))) {
  parts <- strsplit(line, " ")[[1]]
  n <- as.integer(parts[2])
  cap <- as.numeric(parts[3])
  sigma <- matrix(readBin(parts[5], "double", n * n, endian = "little"), n, n)
  rows <- cbind(rep(1, n), diag(n), -diag(n))
  limits <- c(1, rep(0, n), rep(-cap, n))
  # Small problems are over before the clock moves: each measurement repeats them.
  inner <- if (n <= 10) 2000 else if (n <= 50) 200 else 1
  times <- sapply(seq_len(as.integer(parts[4])), function(i) {
    system.time(for (k in seq_len(inner)) found <<- solve.QP(sigma, rep(0, n), rows, limits, meq = 1))[["elapsed"]] / inner
  })
  cat(parts[1], 1000 * median(times), 2 * found$value, "\n")
}
