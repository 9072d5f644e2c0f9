package web

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed words/*.txt
var wordFiles embed.FS

// english maps the Chinese of navigation, headings, labels and statuses to
// English. The Chinese itself is the key, so a template reads as the page does.
// What officials wrote is never translated.
var english, ambiguous = readWords()

func chinese(text string) string { return text }

// inEnglish returns the English of text, or text where there is none. A figure
// in it is # in the catalogue: 逾期 5 天 is looked up as 逾期 # 天.
func inEnglish(text string) string {
	if word, ok := english[text]; ok {
		return word
	}
	number := figureIn.FindString(text)
	if word, ok := english[strings.Replace(text, number, "#", 1)]; ok && number != "" {
		return strings.Replace(word, "#", number, 1)
	}
	return text
}

var figureIn = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)

// readWords reads lines of the form 中文 = English from every file of words.
// Empty lines and lines beginning with # say nothing. Of a word with two
// meanings the first holds, and it is listed as ambiguous.
func readWords() (words map[string]string, ambiguous []string) {
	names, err := fs.Glob(wordFiles, "words/*.txt")
	if err != nil {
		panic(err)
	}
	words = make(map[string]string)
	for _, name := range names {
		text, err := wordFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			zh, en, ok := strings.Cut(line, " = ")
			if !ok {
				panic(fmt.Sprintf("%s:%d: no “ = ”", name, n+1))
			}
			if first, twice := words[zh]; twice {
				if first != en {
					ambiguous = append(ambiguous, fmt.Sprintf("%s:%d: %s is %s and %s", name, n+1, zh, first, en))
				}
				continue
			}
			words[zh] = en
		}
	}
	return words, ambiguous
}

// HasEnglish reports whether the catalogue knows text.
func HasEnglish(text string) bool { _, ok := english[text]; return ok }
