//go:build race

package seal

func init() { underRace = true }
