"""Complete models composed of the layers, each with trained presets."""

from keras_readinglist.applications.cs231n import (
    FullyConnectedNet,
    KNearestNeighbors,
    LinearClassifier,
    ThreeLayerConvNet,
    TwoLayerNet,
)
from keras_readinglist.applications.image_classification import AlexNet
from keras_readinglist.applications.image_classification.inference import optimize_for_inference
from keras_readinglist.applications.image_classification.resnet import ResNet
from keras_readinglist.applications.image_classification.resnets import (
    PlainNet18,
    PlainNet34,
    PreActResNetCIFAR,
    ResNet18,
    ResNet18V2,
    ResNet34,
    ResNet34V2,
    ResNet50,
    ResNet50V2,
    ResNet101,
    ResNet101V2,
    ResNet152,
    ResNet152V2,
    ResNet200V2,
    ResNetCIFAR,
)
from keras_readinglist.applications.joint_set_model import JointSetModel
from keras_readinglist.applications.language_models import (
    CharRNN,
    DecoderLM,
    LSTMLanguageModel,
    ModelEnsemble,
    RelationalRNNLanguageModel,
)
from keras_readinglist.applications.lstm_explorer import LSTMExplorer
from keras_readinglist.applications.mdl_network import MDLNetwork
from keras_readinglist.applications.message_passing import MPNN, MPNNEnsemble
from keras_readinglist.applications.neural_turing_machines import (
    LSTMSequenceModel,
    NTMSequenceModel,
)
from keras_readinglist.applications.pointer_networks import (
    AttentionSeq2SeqBaseline,
    PointerNetwork,
    ReadProcessWrite,
    Seq2SeqBaseline,
)
from keras_readinglist.applications.relation_networks import (
    CNNMLPBaseline,
    MLPBaseline,
    RelationNetworkBabi,
    RelationNetworkVQA,
    StoryLSTMBaseline,
)
from keras_readinglist.applications.relational_rnns import (
    RelationalRNNClassifier,
    RelationalRNNSeq2Seq,
)
from keras_readinglist.applications.segmentation import DilatedFrontEnd, DilatedNet
from keras_readinglist.applications.speech import (
    BatchDispatcher,
    DeepSpeech2,
    SortaGrad,
    Stream,
    bigram_alphabet,
)
from keras_readinglist.applications.translation import RNNSearch, Transformer
from keras_readinglist.applications.truncated_bptt import TruncatedBPTT
from keras_readinglist.applications.variational_lossy_autoencoder import (
    VariationalLossyAutoencoder,
)
from keras_readinglist.tokenizers import CharTokenizer

__all__ = [
    "AlexNet",
    "AttentionSeq2SeqBaseline",
    "BatchDispatcher",
    "CNNMLPBaseline",
    "CharRNN",
    "CharTokenizer",
    "DecoderLM",
    "DeepSpeech2",
    "DilatedFrontEnd",
    "DilatedNet",
    "FullyConnectedNet",
    "JointSetModel",
    "KNearestNeighbors",
    "LSTMExplorer",
    "LSTMLanguageModel",
    "LSTMSequenceModel",
    "LinearClassifier",
    "MDLNetwork",
    "MLPBaseline",
    "MPNN",
    "MPNNEnsemble",
    "ModelEnsemble",
    "NTMSequenceModel",
    "PlainNet18",
    "PlainNet34",
    "PointerNetwork",
    "PreActResNetCIFAR",
    "RNNSearch",
    "ReadProcessWrite",
    "RelationNetworkBabi",
    "RelationNetworkVQA",
    "RelationalRNNClassifier",
    "RelationalRNNLanguageModel",
    "RelationalRNNSeq2Seq",
    "ResNet",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "ResNet18",
    "ResNet18V2",
    "ResNet200V2",
    "ResNet34",
    "ResNet34V2",
    "ResNet50",
    "ResNet50V2",
    "ResNetCIFAR",
    "Seq2SeqBaseline",
    "SortaGrad",
    "StoryLSTMBaseline",
    "Stream",
    "ThreeLayerConvNet",
    "Transformer",
    "TruncatedBPTT",
    "TwoLayerNet",
    "VariationalLossyAutoencoder",
    "bigram_alphabet",
    "optimize_for_inference",
]
