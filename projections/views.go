package projections

import "errors"

// Views answers questions from the tables. All methods may be called
// concurrently, also while the tables are being filled.
type Views struct{ DB Source }

// ErrNotFound reports that the tables hold nothing under the key asked for.
var ErrNotFound = errors.New("no such record")

// Paging asks for one page of a list. The zero value is the first page of
// [DefaultPerPage] rows.
type Paging struct {
	Page    int `json:"page,omitempty"`    // from 1
	PerPage int `json:"perPage,omitempty"` // at most MaxPerPage
}

const (
	DefaultPerPage = 50
	MaxPerPage     = 10_000
)
