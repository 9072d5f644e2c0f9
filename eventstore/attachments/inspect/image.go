package inspect

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/jpeg"
	"image/png"
)

// mostPixels bounds what a picture grows to when it is shown.
const mostPixels = 200_000_000

// checkPNG walks the chunks: each whole, IEND the last, nothing behind it.
func checkPNG(c content) error {
	data, err := c.bytes()
	if err != nil {
		return err
	}
	const signature = "\x89PNG\r\n\x1a\n"
	if !bytes.HasPrefix(data, []byte(signature)) {
		return c.otherwise("PNG 图片")
	}
	shape, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return c.damaged("PNG 图片", "图头读不出")
	}
	rest := data[len(signature):]
	for kind := ""; kind != "IEND"; {
		if len(rest) < 12 {
			return c.damaged("PNG 图片", "没有图尾，可能没有传完")
		}
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest))-12 {
			return c.damaged("PNG 图片", "没有图尾，可能没有传完")
		}
		if kind = string(rest[4:8]); crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return c.damaged("PNG 图片", "校验和不符")
		}
		rest = rest[12+n:]
	}
	if len(rest) > 0 {
		return c.refuse("attachment.not-as-named", safe, "在图尾之后还有 %d 字节别的内容", len(rest))
	}
	return c.pixels(shape.Width, shape.Height)
}

// checkJPEG is content with what telephones append to a photograph, as long as it
// is no second file.
func checkJPEG(c content) error {
	if !bytes.HasPrefix(c.start(3), []byte("\xff\xd8\xff")) {
		return c.otherwise("JPEG 图片")
	}
	shape, err := jpeg.DecodeConfig(c.reader())
	if err != nil {
		return c.damaged("JPEG 图片", "图头读不出")
	}
	data, err := c.bytes()
	if err != nil {
		return err
	}
	if !bytes.Contains(data, []byte("\xff\xd9")) {
		return c.damaged("JPEG 图片", "没有图尾，可能没有传完")
	}
	return c.pixels(shape.Width, shape.Height)
}

func (c content) pixels(width, height int) error {
	if int64(width)*int64(height) > mostPixels {
		return c.refuse("attachment.bomb", safe, "有 %d×%d 个像素，展开过大；缩小后再交", width, height)
	}
	return nil
}
