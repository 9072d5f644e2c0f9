package rulebook

// A Rule is one value and where it comes from.
type Rule[T any] struct {
	Value  T      `json:"value"`
	Source Source `json:"source"`
}

// A Source is the article a value rests on.
type Source struct {
	Article string `json:"article"`
	// Default says that the regulation itself gives no such value and that
	// Article is where the default was taken from.
	Default bool `json:"default,omitempty"`
	// Unverified says that the number of the article was not checked against
	// the text: of the national documents only openings and forms were at hand.
	Unverified bool `json:"unverified,omitempty"`
}

// String cites the source as pages and findings print it.
func (s Source) String() string {
	text := s.Article
	if s.Default {
		text = "条文未定数，取自" + text
	}
	if s.Unverified {
		text += "（条次待核对原文）"
	}
	return text
}

// per is a value the article states.
func per[T any](article string, value T) Rule[T] {
	return Rule[T]{value, Source{Article: article}}
}

// recalled is a value a national article states, by a number not yet checked.
func recalled[T any](article string, value T) Rule[T] {
	return Rule[T]{value, Source{Article: article, Unverified: true}}
}

// from is a default: the regulation is silent and the value is taken from
// elsewhere.
func from[T any](elsewhere string, value T) Rule[T] {
	return Rule[T]{value, Source{Article: elsewhere, Default: true}}
}
