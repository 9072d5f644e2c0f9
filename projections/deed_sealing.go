package projections

import (
	"fmt"
	"strings"

	"wenxiao/domain/sealing"
)

func sealingDeed(event sealing.Event) deed {
	d := deed{lane: LaneFinance, article: "会计档案管理办法 第五条"}
	switch e := event.(type) {
	case sealing.LogBegun:
		d.verb = "开立日志"
		d.text = fmt.Sprintf("开立公开日志 %s，由密钥 %s 签署", e.Origin, keyIDs(e.Keys))
	case sealing.KeyRotated:
		d.verb, d.decision, d.reason = "换钥", true, e.Reason
		d.text = fmt.Sprintf("更换封存密钥：由 %s 换为 %s%s", keyID(e.Old), keyID(e.New), because(e.Reason))
	case sealing.LogRenewed:
		d.verb, d.decision, d.reason = "另立日志", true, e.Reason
		d.text = fmt.Sprintf("另立公开日志 %s：%s%s", e.Origin, givenUp(e), because(e.Reason))
	}
	return d
}

func givenUp(e sealing.LogRenewed) string {
	switch {
	case !e.KeysLost:
		return fmt.Sprintf("原日志 %s 已签 %d 件，账本缺失其中记录", e.FormerOrigin, e.FormerSize)
	case e.Former == "":
		return fmt.Sprintf("原日志 %s 的密钥和文件丢失，签过多少件已无从得知", e.FormerOrigin)
	}
	return fmt.Sprintf("原日志 %s 的密钥丢失，所知最后的检查点盖住 %d 件", e.FormerOrigin, e.FormerSize)
}

func keyIDs(vkeys []string) string {
	var ids []string
	for _, k := range vkeys {
		ids = append(ids, keyID(k))
	}
	return strings.Join(ids, "、")
}

// keyID is the short name of a public key NAME+ID+KEY.
func keyID(vkey string) string {
	fields := strings.SplitN(vkey, "+", 3)
	if len(fields) < 3 {
		return vkey
	}
	return fields[1]
}
