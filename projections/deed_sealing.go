package projections

import (
	"fmt"
	"strings"

	"wenxiao/domain/sealing"
)

func sealingDeed(event sealing.Event) deed {
	d := deed{lane: LaneFinance, article: "会计档案管理办法 第五条"}
	switch e := event.(type) {
	case sealing.KeyRotated:
		d.verb, d.decision, d.reason = "换钥", true, e.Reason
		d.text = fmt.Sprintf("更换封存密钥：由 %s 换为 %s%s", keyID(e.Old), keyID(e.New), because(e.Reason))
	case sealing.LogRenewed:
		d.verb, d.decision, d.reason = "另立日志", true, e.Reason
		d.text = fmt.Sprintf("另立公开日志 %s：原日志 %s 已签 %d 件，账本缺失其中记录%s", e.Origin, e.FormerOrigin, e.FormerSize, because(e.Reason))
	}
	return d
}

// keyID is the short name of a public key NAME+ID+KEY.
func keyID(vkey string) string {
	fields := strings.SplitN(vkey, "+", 3)
	if len(fields) < 3 {
		return vkey
	}
	return fields[1]
}
