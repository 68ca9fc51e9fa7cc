package cli

import (
	"math"
	"strings"

	"access-policy-mcp/cfapi"
)

// Outcomes in the order of the bar. Processed users of whom the API tells no outcome
// come after the others.
const (
	barApproved = iota
	barBlocked
	barErrored
	barUntold
	barParts
)

// outcomes are how the three outcomes look and what they are called.
func outcomes(test cfapi.PolicyTest) [barUntold]outcome {
	return [barUntold]outcome{
		{"approved", "✓", "=", green, test.UsersApproved, test.PercentApproved},
		{"blocked", "✗", "x", red, test.UsersBlocked, test.PercentBlocked},
		{"errored", "!", "!", yellow, test.UsersErrored, test.PercentErrored},
	}
}

// outcome is what a test has found for some of the users.
type outcome struct {
	name, sign string
	mark       string // in a bar without colors
	style      style
	count      *cfapi.Count
	percent    *float64 // of the processed users
}

// bar draws the share of processed users, split into their outcomes, in so many columns.
func bar(test cfapi.PolicyTest, columns int, colored bool) text {
	filled := filledColumns(processedShare(test), columns)
	known := outcomes(test)
	all := append(known[:], outcome{mark: "+"})
	var line text
	for i, n := range split(filled, barWeights(test, known)) {
		if n > 0 {
			mark := all[i].mark
			if colored {
				mark = "█"
			}
			line = append(line, span{strings.Repeat(mark, n), all[i].style})
		}
	}
	rest := "·"
	if colored {
		rest = "░"
	}
	return append(line, span{strings.Repeat(rest, columns-filled), faint})
}

// processedShare is how much of all users has been processed, 0 to 1.
func processedShare(test cfapi.PolicyTest) float64 {
	share := 0.0
	if test.PercentUsersProcessed != nil {
		share = *test.PercentUsersProcessed / 100
	} else if n, ok := processedUsers(test); ok && test.TotalUsers != nil && *test.TotalUsers > 0 {
		share = float64(n) / float64(*test.TotalUsers)
	}
	return min(max(share, 0), 1)
}

// processedUsers is the sum of the outcomes, or what the percentage makes of all users;
// false if the API tells neither.
func processedUsers(test cfapi.PolicyTest) (cfapi.Count, bool) {
	if a, b, e := test.UsersApproved, test.UsersBlocked, test.UsersErrored; a != nil && b != nil && e != nil {
		if sum := *a + *b + *e; sum >= max(*a, *b, *e) {
			return sum, true
		}
	}
	if percent, total := test.PercentUsersProcessed, test.TotalUsers; percent != nil && total != nil {
		return cfapi.Count(math.Round(float64(*total) * min(max(*percent, 0), 100) / 100)), true
	}
	return 0, false
}

// filledColumns is at least one where anything has been processed, and leaves one while
// anything is left: nobody is to take the beginning or the end for a standstill.
func filledColumns(share float64, columns int) int {
	filled := int(math.Round(share * float64(columns)))
	if share > 0 {
		filled = max(filled, 1)
	}
	if share < 1 {
		filled = min(filled, columns-1)
	}
	return max(filled, 0)
}

// barWeights are the shares of the outcomes, in any unit: the API's percentages, or else
// its counts.
func barWeights(test cfapi.PolicyTest, all [barUntold]outcome) [barParts]float64 {
	var weights [barParts]float64
	sum, told := 0.0, false
	for i, o := range all {
		if o.percent != nil {
			told = true
			weights[i] = max(*o.percent, 0)
			sum += weights[i]
		}
	}
	if told {
		if left := 100 - sum; left >= 1 { // less is rounding
			weights[barUntold] = left
		}
		return weights
	}
	processed, known := processedUsers(test)
	if !known {
		return weights // nobody knows of how many they are a part
	}
	for i, o := range all {
		if o.count != nil {
			weights[i] = float64(*o.count)
			sum += weights[i]
		}
	}
	weights[barUntold] = max(float64(processed)-sum, 0)
	return weights
}

// split divides columns by weights. Each outcome that anybody has gets a column, if there
// are enough: one blocked user in a million is to be seen.
func split(columns int, weights [barParts]float64) [barParts]int {
	var parts [barParts]int
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if sum <= 0 || math.IsInf(sum, 0) {
		parts[barUntold] = columns
		return parts
	}
	left := columns
	for i, w := range weights {
		parts[i] = int(w / sum * float64(columns))
		if parts[i] == 0 && w > 0 && i != barUntold {
			parts[i] = 1
		}
		left -= parts[i]
	}
	for ; left > 0; left-- {
		parts[smallest(parts, weights, float64(columns)/sum)]++
	}
	for ; left < 0; left++ { // what the least outcomes have too much, the largest gives
		parts[largest(parts)]--
	}
	return parts
}

// smallest is the part that lacks most of its share.
func smallest(parts [barParts]int, weights [barParts]float64, perWeight float64) int {
	best, most := barUntold, 0.0
	for i, w := range weights {
		if lack := w*perWeight - float64(parts[i]); lack > most {
			best, most = i, lack
		}
	}
	return best
}

func largest(parts [barParts]int) int {
	best := 0
	for i, n := range parts {
		if n >= parts[best] {
			best = i
		}
	}
	return best
}
