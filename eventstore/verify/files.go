package verify

import (
	"context"
	"errors"
	"fmt"

	"wenxiao/eventstore/attachments"
)

// Files looks for every file that must be there, by its digest, and at each that
// is there; judge says what the ledger holds of one.
func Files(ctx context.Context, files *attachments.Directory, must []string, judge func(digest string) (attachments.Verdict, error)) (found []Finding, err error) {
	for _, digest := range must {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		fault := new(attachments.Fault)
		switch err := files.Check(digest); {
		case errors.Is(err, attachments.ErrMissing):
			found = append(found, Finding{Code: "file.missing", Digest: digest, Place: place(err, digest), Text: "账本上有的附件不见了"})
		case errors.As(err, &fault):
			found = append(found, Finding{Code: "file.damaged", Digest: digest, Place: fault.Path, Text: fmt.Sprintf("附件与其摘要不符或读不出：%v", fault.Err)})
		case err != nil:
			return found, err
		}
	}
	orphans, err := files.Orphans(judge)
	for _, o := range orphans {
		found = append(found, Finding{Code: "file.unknown", Place: o.Path, Text: "账本上没有这个附件，或已撤回"})
	}
	return found, err
}

func place(err error, digest string) string {
	if fault := new(attachments.Fault); errors.As(err, &fault) {
		return fault.Path
	}
	return digest
}
