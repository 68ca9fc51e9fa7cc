package cli

import (
	"strings"
	"testing"
	"time"
)

// TestWaitValues: seconds, or a duration with units.
func TestWaitValues(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "1.5": 1500 * time.Millisecond, "030": 30 * time.Second, "86400": maxWait,
		"30s": 30 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute, "24h": maxWait,
	} {
		var w waitValue
		if err := w.Set(text); err != nil || time.Duration(w) != want {
			t.Errorf("%s: %v, %v", text, err, time.Duration(w))
		}
	}
	for text, want := range map[string]string{
		"": "seconds, such as 30", "soon": "30s, 10m or 24h", "-5": "seconds", "-5s": "seconds", "NaN": "seconds", "1e3": "seconds", "30 s": "seconds", "1d": "seconds",
		"86401": "at most 24h", "25h": "at most 24h", strings.Repeat("9", 400): "at most 24h",
	} {
		w := waitValue(7)
		if err := w.Set(text); err == nil || !strings.Contains(err.Error(), want) || w != 7 {
			t.Errorf("%.20q: %v, %v", text, err, w)
		}
	}
}
