"""Shakespeare's plays and poems, 42 of them; whole works are held out."""

import pathlib
import zipfile

from keras_readinglist.datasets.loading import SPLITS, Dataset, File

_URL = (
    "https://raw.githubusercontent.com/martin-gorner/tensorflow-rnn-shakespeare/master/shakespeare/"
)
_WORKS = """
1kinghenryiv 7590d173c0be7dba0e2322b357ad33e5e65375d7af154c4ad4d7350d86652780
1kinghenryvi 715e55cc52c1150bcc9ae8fb91dd61a0773d76f3750fece25978b9f8783e1d90
2kinghenryiv 4a9f52f2db3ed3f0c150eefb96e25941a4a0b402addfc559581e9025186e42e5
2kinghenryvi b282843daec114f4d0104330a94a700d217ac31ce3e3fa7aa24c3e296d9992f9
3kinghenryvi 6156dfad1cd8844c645ddcdc1f4db4e02397f84669ca589cfc148123170863fb
allswellthatendswell 3bad3562a52b3439cb63c6f267f3fb50ef44116eafd2429011ee9908d4b832bb
antonyandcleopatra 4cecd44a3320f7d66dc04fb0a50c5250b589ae8a7f8990f8eb98086b19595876
asyoulikeit eaa3526fe53859f34ecdf255712f9ecf0b2c903451d4755b2edaa2e2599cb0fc
comedyoferrors d53fcfe394885515efa22e36ac945702a899908afbc1b827ee3459cfdfca0c78
coriolanus 13d7e0259fcd46cdafb125ae0b6cc8b2432fdb4fe59afba55179adea955748b5
cymbeline b5bb1a49d38e1b62b14d7c35c5d932acf740cc8c7e08fbb76ebb8379bb103b3a
hamlet 1846810b98f3dce4174a488cd19f3e7ceabff2a4b00487089fbcb2891003d847
juliuscaesar d4b1254e22888a272f4245b6af4aa9b9c61fc24798d30cd0287ff9491f4d8f5f
kinghenryv 62cbcdfd774cdbc30b20032ef5be5ac92d678581612567f0b54d1cdcb7fd59c5
kinghenryviii 63fc4a4ec60c4c72eac474917d0c234b9fe15d19deda213c857d911a386a3c49
kingjohn 251870ca2777912eed076fc30ccb32e88784a124b6ef365855bb31a1ebac34a9
kinglear 674a2725884307c96398440497c889ad8cecccedf5689df85e6b0faabe4e0fe8
kingrichardii 7af43884757911af0b365a9b5544e75c4d6c423c40f6b3b289b5a39756fdb1e5
kingrichardiii 0b5ef70294ed26ffe2c5496e3723650e8bef5ac178c83287ef7735d9c5d2f9d5
loverscomplaint 28a8c404d06234b70f73bd76dbf80f4228ffd62a686fdffbe0085f70c71cf177
loveslabourslost b7521b8ae6d6cff3cd4c709edfb1d9776a40756a9fc0d86d3676ed9f1621269e
macbeth 339afa674ac54e5038bd610056e87b0ba70f6543b2fbcfea421bfd0fbbc21e7f
measureforemeasure 1449c06143bdf48eaddf989f9136c8dbd36cf3893d75420f854085c8226ca93e
merchantofvenice 54b95ab530e81bfcd03325b6bd7b14d20d1a9d41a38c2d8867c3fa8da1b6292c
merrywivesofwindsor 85dfbea19962e8d21479debc0f0df48c244f05ec99e0cba9d41da0f01739a16c
midsummersnightsdream 684b22072f158a7965e942d7e9b633bf7c6c65b14a7b519631bbf2f826349370
muchadoaboutnothing fad832e284ccabb6fcb5dc3dd34d2636a07358d6474f10eed8e9ed98050208ee
othello e1590d00e121e53587157fa952e0da4070b76721599ebcedce3bb698228adbab
periclesprinceoftyre f03561e0fb339fd38359093bf6a0c63bfa2c3ba1eafe66ef50aacfe91295a739
rapeoflucrece 07a6e27ebc352c5e33b7d68080bc6bf0083595398bb6d83d0d31fa09f9b63974
romeoandjuliet 1cd830b4a8154da63839a2379f15c2e820b8fa5a339a3b751fc554a8e14af327
sonnets 31a96075d5ae835ed208c683afc5329ba490e257d33a9d1db14c00fa7e0456de
tamingoftheshrew 87f9d1f22bb050276d1677012ea09d853aadc542ca84adcd44b82f48b4870438
tempest 1f20301e552d43aaaca298af6f36334319934fac98b24306e6836d849386e6e8
timonofathens a01c9ebbf5d31936571997a4a13d3a3554ec3b081956b4da0b4a12d7f4d7581e
titusandronicus 5135117e84fa127c7a4b0e376bb5ab97ac99cdad7da51ba463ba40febca44801
troilusandcressida fdf3a04f0a92ec3c61ea7349d301c4d4eae1805dfa6d6c2d6e477aeabc76e4df
twelfthnight 68a44a35e82462d4f0217d2a40db874a431d666626691a806b63339118831039
twogentlemenofverona 53f40375e388911699a92321eff4585ab391ecb45b0c64c0bca0389b0b767413
various b7a4796b4286450beddea68a41133c5c2a0dbd00b146bb23b0deb573a0a87ffc
venusandadonis ed019d11b26de8676dc7760e927975136b9e43cdc84acbe45de030cd327accc0
winterstale 9a1c8f6f73264b2bfb7e1b674cc2c8690da8c3eedffc911f28de7deec449d6cd
"""
HELD_OUT = {
    "validation": {"macbeth", "sonnets"},
    "test": {"hamlet", "twelfthnight", "venusandadonis"},
}


def pack(folder: pathlib.Path, target: pathlib.Path) -> None:
    """Pack the works in a folder into one archive."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "shakespeare").glob("*.txt")):
            archive.write(path, f"shakespeare/{path.name}")


def read_works(path: pathlib.Path) -> dict[str, str]:
    """Return the text of every work in an archive, by name."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".txt"))
        works = {pathlib.Path(n).stem: archive.read(n).decode("latin-1") for n in names}
    absent = set().union(*HELD_OUT.values()) - set(works)
    if absent:
        raise ValueError(f"it lacks {', '.join(sorted(absent))}")
    return works


def split_works(works: dict[str, str], split: str) -> list[str]:
    """Return the works that are held out for a split, or all others."""
    held_out = set().union(*HELD_OUT.values())
    chosen = HELD_OUT.get(split) or set(works) - held_out
    return [text for name, text in works.items() if name in chosen]


DATASET = Dataset(
    path="shakespeare/shakespeare_complete.zip",
    read=read_works,
    split=split_works,
    splits=SPLITS,
    licence="public domain",
    files=tuple(
        File(f"{_URL}{name}.txt", digest, f"shakespeare/{name}.txt")
        for name, digest in map(str.split, _WORKS.strip().splitlines())
    ),
    pack=pack,
)
