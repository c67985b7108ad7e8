# Times of R's auto.arima (forecast) on series given as JSON on stdin; medians as JSON on stdout.
suppressMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
repeats <- as.integer(args[1])
lines <- readLines(file("stdin"))
for (line in lines) {
  parts <- strsplit(line, " ")[[1]]
  y <- ts(as.numeric(parts[-(1:2)]), frequency = as.integer(parts[2]))
  times <- sapply(seq_len(repeats), function(i) system.time(fit <<- auto.arima(y))[["elapsed"]])
  cat(parts[1], median(times), fit$aicc, "\n")
}
