package projections

import "wenxiao/domain"

// Thresholds of the board. The rulebook in force decides when a warning is
// raised; these only say which rows of the board stand first and in which words.
var (
	behindTime = domain.MustDecimal("0.15")
	linesApart = domain.MustDecimal("0.40")
)
