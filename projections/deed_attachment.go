package projections

import (
	"fmt"

	"wenxiao/domain/attachment"
)

func attachmentDeed(event attachment.Event) deed {
	d := deed{lane: LaneUnit, article: "会计档案管理办法 第五条"}
	switch e := event.(type) {
	case attachment.Deposited:
		d.verb, d.text = "交存", fmt.Sprintf("交存附件“%s”%s，%s，SHA-256 %s…", clip(e.Name), when(e.Title != "", "（"+clip(e.Title)+"）"), size(e.Size), e.Digest[:min(12, len(e.Digest))])
	case attachment.Withdrawn:
		d.verb, d.decision, d.reason, d.document = "撤下", true, e.Reason, e.Document
		d.text = either(e.Ground == attachment.ByLaw, "依法撤下附件", "撤下误交的附件") + under(e.Document) + because(e.Reason)
		if e.Ground == attachment.ByLaw {
			d.article = e.Article
		}
	}
	return d
}

// size prints a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d 字节", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
