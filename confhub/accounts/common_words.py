"""Words that Vietnamese passwords are built of, most usual first, folded and without blanks.

zxcvbn knows English words and leaked passwords; these it does not know. Years, rows of keys, repetitions and
dates it finds by itself.
"""

from __future__ import annotations

from typing import Final

_TEXT = """
matkhau matma mk pass admin quantri quantrivien confhub anhyeuem emyeuanh yeuem yeuanh iloveyou vietnam
hanoi saigon tphcm hochiminh bacho hung hungvuong denhung phutho viettri vinhphuc hoabinh lamthao
thanhson tanson ubnd uyban uybannhandan nhandan tinhuy huyenuy thanhuy danguy hdnd hoidong mttq mattran
congan quandoi bienphong tinh huyen xa phuong thitran thixa thanhpho so phong ban vanphong vp vpub stttt
sotttt khcn tuphap taichinh noivu yte giaoduc congthuong nongnghiep thongtin truyenthong chuyendoiso
tructuyen tructiep hoinghi hoithao cuochop phonghop giaoban phienhop lichhop diemcau lamviec canbo
congchuc vienchuc lanhdao giamdoc chutich bithu truongphong chuyenvien ketoan vanthu hocvien dangvien
giaovien hocsinh sinhvien daihoc truong lop nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo
duong ly dinh trinh doan luong mai dao truong van thi duc minh tuan hung dung hai long nam son thanh
trung quang huy hieu hoang khanh linh lan huong hoa hong thuy thao trang ngoc phuong mai nhung yen nga
hanh dung anh em con me bo ong ba toi ban gia dinh giadinh yeu thuong nho mai mai hanhphuc maymay tinhyeu
cuocsong vui cuoi xinchao chao camon mothaiba motthaiba mot hai ba bon nam sau bay tam chin muoi khong
tram nghin trieu xinh dep gai trai meo cho ga heo bo trau nui song bien troi mua nang gio hoa la cay nha
cua xe may dien nuoc thang ngay nam tuan gio phut xuan ha thu dong tet chucmung nammoi thudo doclap tudo
tunhien toquoc datnuoc congdoan doanthanhnien phunu cuuchienbinh nongdan langxom quehuong lang thon khu
pho duong so1 so2 abc abcd dien thoai dienthoai maytinh mang internet wifi mayban camera micro may1 may2
phong1 phong2 test thu demo
"""


def _ranked(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


COMMON: Final = _ranked(_TEXT)
