package main

import (
	"errors"
	"net"
	"syscall"
)

// unheard says why an address cannot be listened on.
func unheard(err error) string {
	malformed, unknown := new(net.AddrError), new(net.DNSError)
	switch {
	case errors.As(err, &malformed):
		return "地址应为 主机:端口，端口在 0 与 65535 之间"
	case errors.As(err, &unknown):
		return "没有这个主机名或服务名"
	case errors.Is(err, syscall.EADDRINUSE):
		return "端口已被占用，多半是另一个 wenxiao 正在运行"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "这个地址不在本机"
	case errors.Is(err, syscall.EACCES):
		return "没有权限使用这个端口"
	}
	return err.Error()
}
