package api

import (
	"bytes"
	"encoding/json"
)

// saidTwice finds a name that an object of the JSON says twice. Readers differ
// on which counts, and what enters the ledger stays: nothing is guessed. What is
// no JSON is left to who decodes it.
func saidTwice(data []byte) (name string, found bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var open []map[string]bool // names seen in each open object; nil for an array
	named := false             // whether the value of a name comes next
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", false
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if inner := innermost(open); inner != nil && !named {
				if inner[t] {
					return t, true
				}
				inner[t], named = true, true
				continue
			}
		}
		named = false
	}
}

func innermost(open []map[string]bool) map[string]bool {
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}
